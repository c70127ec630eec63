import type {
  Count,
  FailingCount,
  Source,
  UnitCount,
  VariantLatency,
  VariantUnits,
} from '../../sources/source.js';
import type { Epochs } from '../epochs.js';
import type { Frame } from '../frame.js';
import type { ComparisonParameters } from '../parameters.js';
import { readSample } from '../sample.js';
import type { Sample } from '../sample-result.js';
import { placeUnits, type SeenUnits } from '../units.js';
import { createSteps } from './steps.js';

/** What came in each step, in the blocks of the comparison. */
export interface SeenSteps {
  /** Ends of the steps. */
  readonly moments: readonly number[];
  readonly counts: readonly (readonly Count[])[];
  /** null: units are not counted. */
  readonly units: SeenUnitSteps | null;
  /** Of the whole comparison. */
  readonly sample: Sample;
  /** null: the store is not asked for it. */
  readonly latencies: readonly (readonly VariantLatency[])[] | null;
}

interface SeenUnitSteps {
  readonly counts: readonly (readonly UnitCount[])[];
  readonly failing: readonly (readonly FailingCount[])[];
  /** From the beginning to the end of each step: units that come again are no others. */
  readonly distinct: readonly (readonly VariantUnits[])[];
}

/** Asks what a comparison asks, once, with the moments among the cuts of its blocks. */
export async function readSteps(
  source: Source,
  { release, selection, epochs, cut }: Frame,
  parameters: ComparisonParameters,
  moments: readonly number[],
): Promise<SeenSteps> {
  const { window } = release;
  const steps = createSteps(window, cut, moments);
  const [fine, latencies = null] = await Promise.all([
    source.counts(selection, window, steps.cut),
    source.latencySteps?.(selection, window, moments),
  ]);
  const counts = steps.split(fine);
  const all = counts.flat();
  const readUnits = async (): Promise<SeenUnitSteps | null> => {
    if (selection.route !== undefined) return null;
    const units = steps.split(await source.unitCounts(selection, window, steps.cut));
    const placed = placeUnits(units.flat(), all, epochs);
    if (placed === null) return null;
    const [distinct, failing] = await Promise.all([
      source.distinctSteps(selection, window, cut, placed.leftOut, moments),
      source.failingUnits(selection, window, steps.cut),
    ]);
    return { counts: units, distinct, failing: steps.split(failing) };
  };
  const [units, sample] = await Promise.all([
    readUnits(),
    readSample(source, selection, release, parameters, all, epochs),
  ]);
  return { moments, counts, units, sample, latencies };
}

/** What had come when this step ended. */
export function seenUntil(
  { counts, units }: SeenSteps,
  step: number,
  epochs: Epochs,
): { readonly counts: readonly Count[]; readonly units: SeenUnits | null } {
  const until = <T>(steps: readonly (readonly T[])[]): T[] => steps.slice(0, step + 1).flat();
  const own = until(counts);
  const placed = units && placeUnits(until(units.counts), own, epochs);
  return {
    counts: own,
    units: placed && {
      ...placed,
      distinct: units?.distinct[step] ?? [],
      failing: until(units?.failing ?? []),
    },
  };
}
