import type { Change } from '../sources/change.js';
import type { Window } from '../sources/source.js';

/**
 * How long the shares are mixed after a change: flag SDKs ask for flags anew every minute at most by default, and
 * metrics are reported each minute, so that a report holds operations from before.
 */
export const TRANSITION_SECONDS = 120;

/**
 * Meanwhile each minute is a block of its own. To leave it out would leave out harm that comes at once; to count it with
 * what follows would pool two shares (`test/unit/share-moves-simulation.test.ts`).
 */
const MIXED_BLOCK_SECONDS = 60;

/** Of more changes than this only the newest split blocks: nobody releases so, and each costs time in every query. */
export const MAX_SPLITTING = 100;

/** Stretches of constant allocation, as far as changes tell them. */
export interface Epochs {
  /** Where blocks are cut, Unix seconds, ascending. */
  readonly cuts: readonly number[];
  /** The epoch of what was counted in the block that begins there, under that version of the flag. */
  nameOf(flagVersion: string, block: number): string;
}

/** @param changes of one flag, and deployments, which are strata of their own and begin no epoch */
export function epochsOf(changes: readonly Change[], window: Window): Epochs {
  const times = [
    ...new Set(changes.filter(({ kind }) => kind === 'flag').map(({ time }) => Math.round(time * 1e6))),
  ]
    .filter((time) => time + TRANSITION_SECONDS * 1e6 > window.from * 1e6 && time < window.to * 1e6)
    .sort((a, b) => a - b)
    .slice(-MAX_SPLITTING);
  const cuts = times.flatMap((time) =>
    Array.from(
      { length: 1 + TRANSITION_SECONDS / MIXED_BLOCK_SECONDS },
      (_, i) => time + i * MIXED_BLOCK_SECONDS * 1e6,
    ),
  );
  return {
    cuts: [...new Set(cuts)].sort((a, b) => a - b).map((micros) => micros / 1e6),
    nameOf(flagVersion, block) {
      const micros = Math.round(block * 1e6);
      const last = times.findLast((time) => time <= micros);
      if (last === undefined) return flagVersion;
      const isMixed = micros < last + TRANSITION_SECONDS * 1e6;
      return `${flagVersion}@${new Date(last / 1000).toISOString()}${isMixed ? ' changing' : ''}`;
    },
  };
}
