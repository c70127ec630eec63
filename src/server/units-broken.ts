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
  const requests = sumByArm(
    counts.filter(isCompared).map((count) => ({ ...count, slow: count.unresolved > 0 ? null : count.slow })),
  );
  const operations = sumByArm(units.map((count) => ({ ...count, requests: count.operations })));
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
function sumByArm(counts: readonly (Place & Sums)[]): Map<string, Map<string, Sums>> {
  const places = new Map<string, Map<string, Sums>>();
  for (const { variant, requests, errors, slow, ...place } of counts) {
    const name = placeName(place);
    const arms = places.get(name) ?? new Map<string, Sums>();
    const sums = arms.get(variant) ?? { requests: 0, errors: 0, slow: 0 };
    places.set(name, arms.set(variant, sums));
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
