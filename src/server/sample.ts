import type { Change } from '../sources/change.js';
import { isCompared } from '../sources/compared.js';
import type { Count, Selection, UnitSource, Window } from '../sources/source.js';
import type { Epochs } from './epochs.js';
import type { ComparisonParameters } from './parameters.js';
import { sampleOfCounters } from './sample-counters.js';
import { missingRecords, sampleOfIds } from './sample-ids.js';
import type { Sample } from './sample-result.js';
import { stretchesOf } from './stretches.js';

/**
 * Units at their first exposure in the comparison, each counted once, as the test of the sample ratio needs them (a
 * unit counted in many places alarms falsely in 95 % of releases): by their ids where every evaluation is recorded with
 * one, else by counters as far as these count nobody twice.
 */
export async function readSample(
  source: UnitSource,
  selection: Selection,
  window: Window,
  parameters: ComparisonParameters,
  counts: readonly Count[],
  changes: readonly Change[],
  epochs: Epochs,
): Promise<Sample> {
  const { bounds, stretches } = stretchesOf(window, changes, parameters);
  const counted = (): Promise<Sample> =>
    sampleOfCounters(source, selection, window, parameters, counts, changes, epochs);
  // A beginning that slides is another comparison at each look.
  if (parameters.since?.slides === true || stretches.every(({ shares }) => shares === undefined))
    return counted();
  const services = [...new Set(counts.filter(isCompared).map(({ service }) => service))];
  const { units, operations } = await source.firstExposures(selection, window, services, bounds);
  const missing = missingRecords(counts, operations);
  if (units.length > 0 && missing === null) {
    return sampleOfIds(units, stretches, epochs);
  }
  const sample = await counted();
  if (sample.kind !== 'unknown') return sample;
  return { ...sample, why: `${sample.why} ${howByIds(units.length > 0 ? missing : null)}` };
}

function howByIds(missing: string | null): string {
  const how = 'With TELLTALE_UNIT_SALT and TELLTALE_RECORDS=once-per-scope it is, over processes and days';
  return missing === null ? `${how}.` : `${how}: ${missing}.`;
}
