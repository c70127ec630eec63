import type { Change } from '../sources/change.js';
import { isCompared } from '../sources/compared.js';
import type { Count, Cut, Selection, Source, Window } from '../sources/source.js';
import type { Epochs } from './epochs.js';
import type { ComparisonParameters } from './parameters.js';
import { iso, LOOK_BACK_SECONDS, type Release } from './release.js';
import { sampleOfCounters } from './sample-counters.js';
import { missingRecords, sampleOfIds } from './sample-ids.js';
import type { Sample } from './sample-result.js';
import { stretchesOf } from './stretches.js';

const DAY_SECONDS = 86_400;

const UNCUT: Cut = { edgeIndex: 0, calibratedUntil: 0, changes: [] };

/**
 * Units at their first exposure in the comparison, each counted once, as the test of the sample ratio needs them (a
 * unit counted in many places alarms falsely in 95 % of releases): by their ids where every evaluation is recorded with
 * one, else by counters as far as these count nobody twice.
 */
export async function readSample(
  source: Source,
  selection: Selection,
  { control, window, changes }: Pick<Release, 'control' | 'window' | 'changes'>,
  parameters: ComparisonParameters,
  counts: readonly Count[],
  epochs: Epochs,
): Promise<Sample> {
  const { bounds, stretches } = stretchesOf(window, changes, parameters);
  const counted = (): Promise<Sample> =>
    sampleOfCounters(source, selection, window, parameters, counts, changes, epochs);
  if (slides(window, changes, parameters) || stretches.every(({ shares }) => shares === undefined))
    return counted();
  // Units are exposed whatever the route.
  const all =
    selection.route === undefined
      ? counts
      : await source.counts({ ...selection, route: undefined }, window, UNCUT);
  const services = [...new Set(all.filter(isCompared).map(({ service }) => service))];
  const { units, operations, keptFrom } = await source.firstExposures(
    selection,
    window,
    services,
    bounds,
    control,
  );
  const missing =
    keptFrom > window.from
      ? `records of evaluations before ${iso(keptFrom)} are not there any more`
      : missingRecords(all, operations);
  if (units.length > 0 && missing === null) {
    return sampleOfIds(units, stretches, epochs);
  }
  const sample = await counted();
  if (sample.kind !== 'unknown') return sample;
  return { ...sample, why: `${sample.why} ${howByIds(units.length > 0 ? missing : null)}` };
}

/**
 * Whether the comparison is another one at each look: a beginning that nobody told and that is as old as what is looked
 * back to may be just where that begins, and who comes back there was exposed before.
 */
function slides({ from, to }: Window, changes: readonly Change[], { since }: ComparisonParameters): boolean {
  if (since !== undefined) return since.slides;
  const isTold = changes.some(({ kind, time }) => kind === 'flag' && time === from);
  return !isTold && from < to - LOOK_BACK_SECONDS + DAY_SECONDS;
}

function howByIds(missing: string | null): string {
  const how = 'With TELLTALE_UNIT_SALT and TELLTALE_RECORDS=once-per-scope it is, over processes and days';
  return missing === null ? `${how}.` : `${how}: ${missing}.`;
}
