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
  /** All counts, as the comparison has them. */
  readonly all: readonly Count[];
  /** What had come by the end of a step: made anew each time, as of all steps it would be more than there is memory for. */
  until(step: number): SeenUntil;
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
  const until = (step: number): SeenUntil => ({ counts: countsUntil[step] ?? [], units: units(step) });
  return { moments, counts, all, until, sample, latencies };
}

/** The units behind a flag's operations by the end of a step; none where none are counted, as `readUnits` has it. */
async function readUnitSteps(
  source: Source,
  { release: { window }, selection, epochs, cut }: Frame,
  steps: Steps,
  moments: readonly number[],
  counts: readonly (readonly Count[])[],
): Promise<(step: number) => SeenUnits | null> {
  if (selection.route !== undefined) return () => null;
  const units = cumulateUnits(steps.split(await source.unitCounts(selection, window, steps.cut)));
  const place = (step: number) => placeUnits(units[step] ?? [], counts[step] ?? [], epochs);
  const end = place(moments.length - 1);
  if (end === null) return () => null;
  const [distinct, seen] = await Promise.all([
    source.distinctSteps(selection, window, cut, end.leftOut, moments),
    source.failingUnits(selection, window, steps.cut),
  ]);
  const failing = cumulateFailing(steps.split(seen));
  return (step) => {
    const own = place(step);
    return own && { ...own, distinct: distinct[step] ?? [], failing: failing[step] ?? [] };
  };
}
