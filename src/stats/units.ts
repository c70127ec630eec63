import { type CheckedFailing, type CheckedUnitCell, UNIT_BUCKETS } from './checked-units.js';
import { logHarm } from './e-values.js';
import { assessGuardrail, type GuardrailLimits, type GuardrailResult, harmTarget } from './guardrail.js';
import { logMeanOfTwo } from './log-space.js';
import { ratioOf } from './ratio.js';
import { groupByPlace, type Place, placeId, type Table, type Totals, totalsOf } from './tables.js';

/*
 * Under sticky assignment the requests of a unit share its variant and its fate, and taken as independent they give
 * false alarms in 20 to 62 % of releases. Units are therefore counted in 16 buckets by a hash of their key; each
 * bucket is left out once, and what all sixteen times hold is the result: no single unit decides.
 */

/** Variants with fewer events say nothing about dispersion. */
const FEWEST_EVENTS = 5;

type UnitEvent = 'errors' | 'slow';

/** Counts of one variant by bucket. */
export interface UnitArm {
  readonly requests: Float64Array;
  readonly errors: Float64Array;
  readonly slow: Float64Array;
}

/** One epoch, block and service version by unit bucket. */
export interface UnitStratum extends Place {
  readonly treatment: UnitArm;
  readonly control: UnitArm;
  slowLeftOut: boolean;
}

/** Unit cells summed into strata, sorted as {@link stratify} sorts. */
export function stratifyUnits(cells: readonly CheckedUnitCell[]): UnitStratum[] {
  return groupByPlace(
    cells,
    (place): UnitStratum => ({ ...place, treatment: emptyArm(), control: emptyArm(), slowLeftOut: false }),
    (stratum, { treated, bucket, requests, errors, slow }) => {
      const arm = treated ? stratum.treatment : stratum.control;
      add(arm.requests, bucket, requests);
      add(arm.errors, bucket, errors);
      if (slow === null) stratum.slowLeftOut = true;
      else add(arm.slow, bucket, slow);
    },
  );
}

function emptyArm(): UnitArm {
  const counts = (): Float64Array => new Float64Array(UNIT_BUCKETS);
  return { requests: counts(), errors: counts(), slow: counts() };
}

function add(counts: Float64Array, bucket: number, count: number): void {
  counts[bucket] = (counts[bucket] ?? 0) + count;
}

/** What a stratum has of one event. */
interface EventStratum extends Place {
  readonly treatment: EventArm;
  readonly control: EventArm;
}

interface EventArm {
  readonly requests: Float64Array;
  readonly events: Float64Array;
  /** Sums over the buckets. */
  readonly allRequests: number;
  readonly allEvents: number;
}

function strataOf(strata: readonly UnitStratum[], event: UnitEvent): EventStratum[] {
  const armOf = ({ requests, [event]: events }: UnitArm): EventArm => ({
    requests,
    events,
    allRequests: sumOf(requests),
    allEvents: sumOf(events),
  });
  return strata
    .filter(({ slowLeftOut }) => event === 'errors' || !slowLeftOut)
    .map(({ epoch, from, serviceVersion, treatment, control }) => ({
      ...{ epoch, from, serviceVersion },
      ...{ treatment: armOf(treatment), control: armOf(control) },
    }));
}

/** Tables without the bucket `left`, where both variants still have operations. */
function tablesWithout(strata: readonly EventStratum[], left: number | null): Table[] {
  const tables: Table[] = [];
  for (const { epoch, from, treatment, control } of strata) {
    const treatmentRequests = treatment.allRequests - at(treatment.requests, left);
    const controlRequests = control.allRequests - at(control.requests, left);
    if (treatmentRequests === 0 || controlRequests === 0) continue;
    tables.push({
      epoch,
      from,
      treatmentRequests,
      treatmentEvents: treatment.allEvents - at(treatment.events, left),
      controlRequests,
      controlEvents: control.allEvents - at(control.events, left),
    });
  }
  return tables;
}

function at(counts: Float64Array, bucket: number | null): number {
  return bucket === null ? 0 : (counts[bucket] ?? 0);
}

/** Of all buckets. Counts are whole, so it is exact. */
export function sumOf(counts: Float64Array): number {
  let sum = 0;
  for (let bucket = 0; bucket < UNIT_BUCKETS; bucket++) sum += counts[bucket] ?? 0;
  return sum;
}

/** What is said where nothing is left to compare. */
const NOTHING: GuardrailResult = {
  method: 'unit-buckets',
  ratio: null,
  low: 0,
  high: null,
  phi: 1,
  logEHarm: 0,
  logESafe: 0,
  harm: false,
  safe: false,
  requestsNeeded: null,
};

/**
 * One guardrail by unit buckets: every e-value is the least, every end of the interval the widest, of the sixteen that
 * are left when each bucket in turn is left out of both variants and all strata. The ratio is of all buckets.
 *
 * @param operationsPerUnit The least divisor of the absolute margin's half: an effect that hits few units every time
 * would else pass. Infinite where the units are not known.
 * @returns null where no stratum has operations of both variants.
 */
export function assessUnits(
  strata: readonly UnitStratum[],
  event: UnitEvent,
  limits: GuardrailLimits,
  operationsPerUnit: number,
): { readonly result: GuardrailResult; readonly totals: Totals } | null {
  const counted = strataOf(strata, event);
  const whole = tablesWithout(counted, null);
  if (whole.length === 0) return null;
  const totals = totalsOf(whole);
  let result: GuardrailResult | undefined;
  for (let left = 0; left < UNIT_BUCKETS; left++) {
    const tables = tablesWithout(counted, left);
    const dispersion = { phi: dispersionWithout(counted, left), floor: operationsPerUnit };
    const one = tables.length === 0 ? NOTHING : assessGuardrail(tables, totalsOf(tables), limits, dispersion);
    result = result === undefined ? one : weaker(result, one);
  }
  return { result: { ...NOTHING, ...result, method: 'unit-buckets', ratio: ratioOf(whole, totals) }, totals };
}

/**
 * Adds what distinct failing units say of harm: each counts once, so they are independent as they stand, and the mean of
 * both e-values is an e-value. Never of safety: among units the ratio shrinks towards 1.
 */
export function withFailingUnits(
  result: GuardrailResult,
  strata: readonly UnitStratum[],
  failing: readonly CheckedFailing[],
  limits: GuardrailLimits,
): GuardrailResult {
  if (failing.length === 0) return result;
  const units = new Map<string, { treated: number; control: number }>();
  for (const { treated, units: count, ...place } of failing) {
    const counts = units.get(placeId(place)) ?? { treated: 0, control: 0 };
    units.set(placeId(place), counts);
    counts[treated ? 'treated' : 'control'] += count;
  }
  const tables = strata.flatMap(({ treatment, control, ...place }): Table[] => {
    const treatmentRequests = sumOf(treatment.requests);
    const controlRequests = sumOf(control.requests);
    if (treatmentRequests === 0 || controlRequests === 0) return [];
    const { treated, control: others } = units.get(placeId(place)) ?? { treated: 0, control: 0 };
    return [
      { ...place, treatmentRequests, treatmentEvents: treated, controlRequests, controlEvents: others },
    ];
  });
  const logEHarm = logMeanOfTwo(result.logEHarm, logHarm(tables, Math.log(limits.nullRatio)));
  return { ...result, method: 'units', logEHarm, harm: logEHarm >= harmTarget(limits) };
}

/** What holds in both. */
function weaker(one: GuardrailResult, other: GuardrailResult): GuardrailResult {
  return {
    ...one,
    low: Math.min(one.low, other.low),
    high: largest(one.high, other.high),
    phi: Math.max(one.phi, other.phi),
    logEHarm: Math.min(one.logEHarm, other.logEHarm),
    logESafe: Math.min(one.logESafe, other.logESafe),
    harm: one.harm && other.harm,
    safe: one.safe && other.safe,
    requestsNeeded: largest(one.requestsNeeded, other.requestsNeeded),
  };
}

/** null is more than any number. */
function largest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

/**
 * Pearson's chi-square between the buckets that are left, within each variant, over its degrees of freedom; at least 1.
 * What a bucket should have is what its requests in each stratum make likely at that stratum's rate.
 */
function dispersionWithout(strata: readonly EventStratum[], left: number): number {
  let chiSquare = 0;
  let degrees = 0;
  for (const arm of ['treatment', 'control'] as const) {
    const { expected, variance, observed } = bucketsWithout(strata, arm, left);
    if (sumOf(observed) - at(observed, left) < FEWEST_EVENTS) continue;
    let buckets = 0;
    for (let bucket = 0; bucket < UNIT_BUCKETS; bucket++) {
      const spread = at(variance, bucket);
      if (bucket === left || spread === 0) continue;
      chiSquare += (at(observed, bucket) - at(expected, bucket)) ** 2 / spread;
      buckets += 1;
    }
    degrees += Math.max(0, buckets - 1);
  }
  return degrees === 0 ? 1 : Math.max(1, chiSquare / degrees);
}

/** By bucket, over the strata in which any other bucket than `left` has events: the inmost loop of all that units cost. */
function bucketsWithout(
  strata: readonly EventStratum[],
  arm: 'treatment' | 'control',
  left: number,
): Readonly<Record<'expected' | 'variance' | 'observed', Float64Array>> {
  const expected = new Float64Array(UNIT_BUCKETS);
  const variance = new Float64Array(UNIT_BUCKETS);
  const observed = new Float64Array(UNIT_BUCKETS);
  for (const { [arm]: counts } of strata) {
    const { requests, events, allRequests, allEvents } = counts;
    const rate = (allEvents - at(events, left)) / (allRequests - at(requests, left));
    if (!(rate > 0)) continue;
    for (let bucket = 0; bucket < UNIT_BUCKETS; bucket++) {
      const mean = (requests[bucket] ?? 0) * rate;
      expected[bucket] = (expected[bucket] ?? 0) + mean;
      variance[bucket] = (variance[bucket] ?? 0) + mean * (1 - rate);
      observed[bucket] = (observed[bucket] ?? 0) + (events[bucket] ?? 0);
    }
  }
  return { expected, variance, observed };
}
