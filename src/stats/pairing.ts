import type { Place, Stratum } from './tables.js';
import { sumOf, type UnitStratum } from './units.js';

/** How much of the treatment has the control beside it. */
export interface Pairing {
  /** Requests of both variants in strata where both have some. */
  readonly pairedRequests: number;
  /** Share of the treatment's requests, or of its units' operations if that is more, in strata without the control. */
  readonly unpairedShare: number;
  /**
   * Share of the treatment's requests in epochs and service versions in which no units of both variants are counted: a
   * verdict by units does not see them. 0 where none are counted at all. Not by block: a unit counts three operations an
   * hour, so that the blocks of few and busy users have requests and no operations.
   */
  readonly uncountedShare: number;
}

export function pairing(strata: readonly Stratum[], unitStrata: readonly UnitStratum[]): Pairing {
  const counted = new Set(
    unitStrata
      .filter(({ treatment, control }) => sumOf(treatment.requests) > 0 && sumOf(control.requests) > 0)
      .map(versionId),
  );
  let pairedRequests = 0;
  let treated = 0;
  let unpaired = 0;
  let uncounted = 0;
  for (const stratum of strata) {
    const { treatment, control } = stratum;
    treated += treatment.requests;
    if (control.requests === 0) unpaired += treatment.requests;
    else if (treatment.requests > 0) pairedRequests += treatment.requests + control.requests;
    if (unitStrata.length > 0 && control.requests > 0 && !counted.has(versionId(stratum))) {
      uncounted += treatment.requests;
    }
  }
  return {
    pairedRequests,
    unpairedShare: Math.max(share(unpaired, treated), unpairedUnits(unitStrata)),
    uncountedShare: share(uncounted, treated),
  };
}

function unpairedUnits(unitStrata: readonly UnitStratum[]): number {
  let treated = 0;
  let unpaired = 0;
  for (const { treatment, control } of unitStrata) {
    const operations = sumOf(treatment.requests);
    treated += operations;
    if (sumOf(control.requests) === 0) unpaired += operations;
  }
  return share(unpaired, treated);
}

function versionId({ epoch, serviceVersion }: Place): string {
  return JSON.stringify([epoch, serviceVersion]);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
