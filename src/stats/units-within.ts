import type { CheckedFailing } from './checked-units.js';
import { StatisticsError, shown } from './errors.js';
import { type Place, placeId, type Stratum } from './tables.js';
import { sumOf, type UnitArm, type UnitStratum } from './units.js';

/**
 * Units are counted among the requests, so of nothing can there be more. Where there is, the two were not read over the
 * same traffic, and a verdict on the one would say nothing of the other.
 *
 * @throws StatisticsError `units-above-requests`
 */
export function requireUnitsWithin(
  strata: readonly Stratum[],
  unitStrata: readonly UnitStratum[],
  failing: readonly CheckedFailing[],
): void {
  const known = new Map(strata.map((stratum) => [placeId(stratum), stratum]));
  for (const units of unitStrata) {
    const requests = known.get(placeId(units));
    for (const arm of ['treatment', 'control'] as const) requireArm(units, arm, requests, units[arm]);
  }
  for (const arm of ['treatment', 'control'] as const) {
    const units = failing.reduce(
      (sum, entry) => sum + (entry.treated === (arm === 'treatment') ? entry.units : 0),
      0,
    );
    const errors = strata.reduce((sum, stratum) => sum + stratum[arm].errors, 0);
    if (units > errors) throw above(`${units} units of the ${arm} failed`, `${errors} of its requests`);
  }
}

function requireArm(
  place: Place,
  arm: 'treatment' | 'control',
  stratum: Stratum | undefined,
  units: UnitArm,
): void {
  const { requests, errors, slow } = stratum?.[arm] ?? { requests: 0, errors: 0, slow: 0 };
  const operations = sumOf(units.requests);
  const failures = sumOf(units.errors);
  const where = `in epoch ${shown(place.epoch)}, block ${place.from}, service version ${shown(place.serviceVersion)}`;
  const what = (count: number, kind: string): string => `${count} ${kind} of the ${arm}'s units ${where}`;
  if (operations > requests) throw above(what(operations, 'operations'), `${requests} requests`);
  if (failures > errors) throw above(what(failures, 'failures'), `${errors} failed requests`);
  const successes = operations - failures;
  if (successes > requests - errors) {
    throw above(what(successes, 'successes'), `${requests - errors} requests that did not fail`);
  }
  const slowOnes = sumOf(units.slow);
  if (stratum?.slowLeftOut === false && slowOnes > slow) {
    throw above(what(slowOnes, 'slow operations'), `${slow} slow requests`);
  }
}

function above(units: string, requests: string): StatisticsError {
  const message =
    `${units} must be at most the ${requests} in cells: units are counted among the requests. ` +
    'Read both over the same window.';
  return new StatisticsError('units-above-requests', message);
}
