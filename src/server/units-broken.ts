import { isCompared } from '../sources/compared.js';
import type { Count, Place, UnitCount } from '../sources/source.js';
import { stratumName } from './evidence.js';

interface Sums {
  requests: number;
  errors: number;
  /** null: not known of each of them. */
  slow: number | null;
}

/**
 * Blocks of a service in which units outnumber the requests that they are counted among, or the failures or successes
 * among them: a part of what was reported is lost, and nobody knows how much.
 */
export function brokenPlaces(units: readonly UnitCount[], counts: readonly Count[]): Set<string> {
  const requests = sumByArm(counts.filter(isCompared), (count) => ({
    requests: count.requests,
    errors: count.errors,
    slow: count.unresolved > 0 ? null : count.slow,
  }));
  const operations = sumByArm(units, (count) => ({
    requests: count.operations,
    errors: count.errors,
    slow: count.slow,
  }));
  const broken = new Set<string>();
  for (const [place, arms] of operations) {
    for (const [variant, sums] of arms) {
      const among = requests.get(place)?.get(variant) ?? { requests: 0, errors: 0, slow: 0 };
      if (isMore(sums, among)) broken.add(place);
    }
  }
  return broken;
}

/** By block of a service, then by variant. */
function sumByArm<Counted extends Place>(
  counts: readonly Counted[],
  sumsOf: (count: Counted) => Sums,
): Map<string, Map<string, Sums>> {
  const places = new Map<string, Map<string, Sums>>();
  for (const count of counts) {
    const { requests, errors, slow } = sumsOf(count);
    const name = placeName(count);
    const arms = places.get(name) ?? new Map<string, Sums>();
    const sums = arms.get(count.variant) ?? { requests: 0, errors: 0, slow: 0 };
    places.set(name, arms.set(count.variant, sums));
    sums.requests += requests;
    sums.errors += errors;
    sums.slow = sums.slow === null || slow === null ? null : sums.slow + slow;
  }
  return places;
}

function isMore(units: Sums, requests: Sums): boolean {
  return (
    units.requests > requests.requests ||
    units.errors > requests.errors ||
    units.requests - units.errors > requests.requests - requests.errors ||
    (units.slow !== null && units.slow > (requests.slow ?? units.requests))
  );
}

/** A block of a service; the same for both variants. */
export function placeName(place: Omit<Place, 'variant'>): string {
  return `${place.block} ${stratumName(place)}`;
}
