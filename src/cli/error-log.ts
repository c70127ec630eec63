/** How often the same fault is written down, in milliseconds: a full disk fails every request of every sender. */
const REPEAT_MS = 60_000;

/** Different faults that are told apart at one time; the text of a fault may hold what came from outside. */
const MAX_FAULTS = 100;

interface Fault {
  writtenMs: number;
  repeats: number;
}

/**
 * Writes faults of a process that goes on: each with its stack when it first comes, then in one line at most once a
 * minute, with how often it came since.
 *
 * @param now milliseconds, of a clock that never jumps
 */
export function createErrorLog(
  write: (text: string) => void,
  now: () => number = () => performance.now(),
): (error: unknown) => void {
  const faults = new Map<string, Fault>();
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    const known = faults.get(message);
    if (known === undefined) {
      if (faults.size >= MAX_FAULTS) faults.clear();
      faults.set(message, { writtenMs: now(), repeats: 0 });
      write(error instanceof Error ? (error.stack ?? message) : message);
      return;
    }
    known.repeats += 1;
    if (now() - known.writtenMs < REPEAT_MS) return;
    write(`${message} (${known.repeats} more since this was last said)`);
    Object.assign(known, { writtenMs: now(), repeats: 0 });
  };
}
