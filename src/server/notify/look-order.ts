/** A flag in an environment; empty: all of them, as none is reported. */
export interface Place {
  readonly flag: string;
  readonly environment: string;
}

/** What was not active for so long is forgotten. */
const FORGOTTEN_SECONDS = 86_400;

/** Whose turn it is where more flags are active than one look compares. */
export interface LookOrder {
  /** Those that were not looked at for longest first, else as they are given. */
  sorted<T extends Place>(active: readonly T[]): T[];
  /** @param at Unix seconds */
  looked(place: Place, at: number): void;
  /** Whether each of those that were sorted last has been looked at. */
  isThrough(): boolean;
}

export function createLookOrder(): LookOrder {
  const times = new Map<string, number>();
  let last: readonly Place[] = [];
  const keyOf = ({ flag, environment }: Place): string => JSON.stringify([flag, environment]);
  const timeOf = (place: Place): number => times.get(keyOf(place)) ?? 0;
  return {
    sorted(active) {
      last = active;
      return active.toSorted((a, b) => timeOf(a) - timeOf(b));
    },
    looked(place, at) {
      times.set(keyOf(place), at);
      for (const [key, time] of times) if (time < at - FORGOTTEN_SECONDS) times.delete(key);
    },
    isThrough: () => last.every((place) => timeOf(place) > 0),
  };
}
