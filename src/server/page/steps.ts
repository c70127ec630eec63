import { BLOCK_SECONDS, type Cut, type Window } from '../../sources/source.js';

/** A comparison's blocks, cut at moments besides: what came in which step, and in which block it counts. */
export interface Steps {
  /** What a source is asked with. */
  readonly cut: Cut;
  /** What came in each step, in the comparison's own blocks. */
  split<T extends { readonly block: number }>(counted: readonly T[]): T[][];
}

/**
 * @param cut as the comparison has it
 * @param moments at which steps end, ascending; the last is the window's end
 */
export function createSteps(window: Window, cut: Cut, moments: readonly number[]): Steps {
  const bounds = moments.slice(0, -1);
  return {
    cut: { ...cut, changes: [...new Set([...cut.changes, ...bounds])].sort((a, b) => a - b) },
    split(counted) {
      const steps = moments.map((): (typeof counted)[number][] => []);
      for (const one of counted) {
        // A block that begins at a moment holds what came after it.
        const after = bounds.findLastIndex((bound) => bound <= one.block);
        steps[after + 1]?.push({ ...one, block: blockOf(one.block, window, cut) });
      }
      return steps;
    },
  };
}

/** The block of which this one is a part, as `BLOCK` of `steps-sql.ts` has it without the moments. */
function blockOf(part: number, { from }: Window, { calibratedUntil, changes }: Cut): number {
  const block =
    part < calibratedUntil
      ? from
      : Math.max(Math.floor(part / BLOCK_SECONDS) * BLOCK_SECONDS, calibratedUntil);
  return Math.max(block, changes.findLast((change) => change <= part) ?? block);
}
