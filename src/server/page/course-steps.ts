import type { Count, Source, VariantLatency } from '../../sources/source.js';
import type { Frame } from '../frame.js';
import type { ComparisonParameters } from '../parameters.js';
import { readSample } from '../sample.js';
import type { Sample } from '../sample-result.js';
import { placeUnits, type SeenUnits } from '../units.js';
import { cumulateCounts, cumulateFailing, cumulateUnits } from './cumulation.js';
import { createSteps, type Steps } from './steps.js';

/** What came in each step, and by its end, in the blocks of the comparison. */
export interface SeenSteps {
  /** Ends of the steps. */
  readonly moments: readonly number[];
  readonly counts: readonly (readonly Count[])[];
  readonly until: readonly SeenUntil[];
  /** Of the whole comparison. */
  readonly sample: Sample;
  /** null: the store is not asked for it. */
  readonly latencies: readonly (readonly VariantLatency[])[] | null;
}

interface SeenUntil {
  readonly counts: readonly Count[];
  /** null: units are not counted. */
  readonly units: SeenUnits | null;
}

/** Asks what a comparison asks, once, with the moments among the cuts of its blocks. */
export async function readSteps(
  source: Source,
  frame: Frame,
  parameters: ComparisonParameters,
  moments: readonly number[],
): Promise<SeenSteps> {
  const { release, selection, epochs, cut } = frame;
  const { window } = release;
  const steps = createSteps(window, cut, moments);
  const [fine, latencies = null] = await Promise.all([
    source.counts(selection, window, steps.cut),
    source.latencySteps?.(selection, window, moments),
  ]);
  const counts = steps.split(fine);
  const countsUntil = cumulateCounts(counts);
  const all = countsUntil.at(-1) ?? [];
  const [units, sample] = await Promise.all([
    readUnitSteps(source, frame, steps, moments, countsUntil),
    readSample(source, selection, release, parameters, all, epochs),
  ]);
  const until = countsUntil.map((own, step) => ({ counts: own, units: units[step] ?? null }));
  return { moments, counts, until, sample, latencies };
}

/** The units behind a flag's operations up to each moment; none where none are counted, as `readUnits` has it. */
async function readUnitSteps(
  source: Source,
  { release: { window }, selection, epochs, cut }: Frame,
  steps: Steps,
  moments: readonly number[],
  counts: readonly (readonly Count[])[],
): Promise<(SeenUnits | null)[]> {
  if (selection.route !== undefined) return [];
  const units = cumulateUnits(steps.split(await source.unitCounts(selection, window, steps.cut)));
  const placed = units.map((own, step) => placeUnits(own, counts[step] ?? [], epochs));
  const end = placed.at(-1);
  if (end === undefined || end === null) return [];
  const [distinct, seen] = await Promise.all([
    source.distinctSteps(selection, window, cut, end.leftOut, moments),
    source.failingUnits(selection, window, steps.cut),
  ]);
  const failing = cumulateFailing(steps.split(seen));
  return placed.map(
    (own, step) => own && { ...own, distinct: distinct[step] ?? [], failing: failing[step] ?? [] },
  );
}
