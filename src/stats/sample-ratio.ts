import type { EpochExposure } from './checked-epochs.js';
import { logSampleRatio } from './sample-ratio-e-value.js';

/** Whether the units exposed follow their allocation. */
export interface SampleRatio {
  /** ln e-value against it. */
  readonly logE: number;
  /** Of the variants that units of another share were promised to: too many of one mean too few of another. */
  readonly isMismatch: boolean;
  /** Variants with share 0 that units were exposed to all the same, in all epochs. */
  readonly unexpected: readonly string[];
  /** Units exposed, and units to be expected, by variant in all epochs. */
  readonly units: ReadonlyMap<string, { readonly exposed: number; readonly expected: number }>;
}

/** Odds of 1,000 to 1: a mismatch is a fault of the assignment, and holds a release however well it does. */
const ALARM = Math.log(1000);

/** Tests the units first exposed in each epoch against its allocation; null where none were counted. */
export function testSampleRatio(epochs: readonly EpochExposure[]): SampleRatio | null {
  const counted = epochs.filter(({ exposed }) => unitsOf(exposed) > 0);
  if (counted.length === 0) return null;
  const { logEValue, unexpected } = logSampleRatio(
    counted.map(({ allocation, exposed }) => ({
      allocation: Object.fromEntries(allocation),
      exposed: Object.fromEntries(exposed),
    })),
  );
  return {
    logE: logEValue,
    isMismatch: logEValue >= ALARM || unexpected.length > 0,
    unexpected: [...new Set(unexpected.map(({ variant }) => variant))].sort(),
    units: sumUnits(counted),
  };
}

function sumUnits(epochs: readonly EpochExposure[]): Map<string, { exposed: number; expected: number }> {
  const units = new Map<string, { exposed: number; expected: number }>();
  for (const { allocation, exposed } of epochs) {
    const all = unitsOf(exposed);
    for (const variant of new Set([...allocation.keys(), ...exposed.keys()])) {
      const sums = units.get(variant) ?? { exposed: 0, expected: 0 };
      units.set(variant, sums);
      sums.exposed += exposed.get(variant) ?? 0;
      sums.expected += all * (allocation.get(variant) ?? 0);
    }
  }
  return units;
}

function unitsOf(exposed: ReadonlyMap<string, number>): number {
  return [...exposed.values()].reduce((sum, units) => sum + units, 0);
}
