import type { Change } from '../sources/change.js';
import { isCompared, isVariant } from '../sources/compared.js';
import type { Count, Exposure, Selection, UnitSource, Window } from '../sources/source.js';
import { areOtherNames, OTHER_NAMES, sharesAt } from './change-shares.js';
import type { Epochs } from './epochs.js';
import type { ComparisonParameters } from './parameters.js';
import { type Sample, unknown } from './sample-result.js';

const DAY_SECONDS = 86_400;

const COUNTED_AGAIN = 'counters count units that come back again';

/**
 * Units at their first exposure in the comparison, each counted once, as the test of the sample ratio needs them (a
 * unit counted in many places alarms falsely in 95 % of releases). Each process counts a unit once a day and variant,
 * so that is known only for the comparison's first day (UTC), of one process that had counted nobody before it, under
 * one allocation. What units one of several processes meets depends on how many requests each makes, which is an
 * outcome; and so is who comes back on the second day.
 */
export async function sampleOfCounters(
  source: UnitSource,
  { service, environment, flag }: Selection,
  window: Window,
  { allocation: asked, since }: ComparisonParameters,
  counts: readonly Count[],
  changes: readonly Change[],
  epochs: Epochs,
): Promise<Sample> {
  const told = sharesAt(changes, window.from, environment);
  const allocation = asked === undefined ? told : Object.fromEntries(asked);
  if (allocation === undefined) return { kind: 'not-asked' };
  const midnight = (Math.floor(window.from / DAY_SECONDS) + 1) * DAY_SECONDS;
  // A unit that a later step gives another variant is exposed to that one anew, so only the first epoch tells.
  const changed = changes.filter(({ kind, time }) => kind === 'flag' && time > window.from);
  const firstDay = {
    from: window.from,
    to: Math.min(window.to, midnight, ...changed.map(({ time }) => time)),
  };
  const versions = new Set(
    counts
      .filter((count) => isCompared(count) && count.block < firstDay.to)
      .map((count) => count.flagVersion),
  );
  const [version = ''] = versions;
  if (versions.size > 1) return unknown('the version of the flag, and with it the allocation, changed.');
  // The comparison begins with a block, and the release somewhere within it.
  const isTold = told !== undefined && changes.some(({ time }) => time === window.from);
  if (version === '' && !isTold && (since === undefined || since.slides)) {
    return unknown(
      'the flag has no version, so nothing tells since when the allocation holds: give --since as a time.',
    );
  }
  const exposures = await source.exposures({ flag, service, environment }, firstDay);
  const seen = exposures.filter(({ variant }) => isVariant(variant));
  const doubt = doubtOf(seen, window);
  if (doubt !== null) return unknown(doubt);
  const exposed = Object.fromEntries(seen.map(({ variant, units }) => [variant, units]));
  if (asked === undefined && areOtherNames(Object.keys(allocation), Object.keys(exposed))) {
    return unknown(OTHER_NAMES);
  }
  return {
    kind: 'counted',
    by: 'unit-counters',
    tested: [{ epoch: epochs.nameOf(version, window.from), ...firstDay, allocation, exposed }],
    untested: firstDay.to < window.to ? [{ from: firstDay.to, to: window.to, why: COUNTED_AGAIN }] : [],
  };
}

/** Why a unit may have been counted twice, or not at all. */
function doubtOf(seen: readonly Exposure[], { from }: Window): string | null {
  const processes = new Set(seen.map(({ process }) => process)).size;
  if (processes === 0) return 'no units are counted.';
  if (processes > 1)
    return `${processes} processes count units, each by itself, and a unit may meet several of them.`;
  if (seen.some(({ restarted }) => restarted))
    return 'the process started again, or reports deltas, so that it may have counted units twice.';
  if (seen.some(({ began }) => began < from))
    return 'the process had counted units before the comparison began.';
  return null;
}
