import type { EpochUnits } from '../stats/index.js';

/** An epoch whose units were tested, and the time in which they were first exposed, Unix seconds. */
export interface TestedEpoch extends EpochUnits {
  readonly from: number;
  readonly to: number;
}

/** Time in which first exposures were not tested. */
export interface UntestedTime {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** Units by their first exposure, or why they cannot be known. */
export type Sample =
  | {
      readonly kind: 'counted';
      /** `unit-ids`: the first evaluation of each unit; `unit-counters`: the first day of one process. */
      readonly by: 'unit-ids' | 'unit-counters';
      readonly tested: readonly TestedEpoch[];
      readonly untested: readonly UntestedTime[];
    }
  | { readonly kind: 'unknown'; readonly why: string }
  /** Nobody said which shares to expect. */
  | { readonly kind: 'not-asked' };

export function unknown(why: string): Sample {
  return { kind: 'unknown', why: `Whether units follow the allocation is not tested: ${why}` };
}
