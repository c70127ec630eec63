import { binomial } from './binomial.js';
import type { Random } from './random.js';
import { type Counts, type Rates, type Traffic, total } from './traffic.js';

/** Of `telltale.unit.*`. */
export const UNIT_BUCKETS = 16;
/** Pareto: the busiest fifth of the units makes two thirds of the requests. */
const ACTIVITY_SHAPE = 1.3;
/** As telemetry counts them: operations of one unit, an hour. */
const COUNTED_AN_HOUR = 3;

/** Parallel arrays, a place for each unit: a run of a million units is made and sorted in a second. */
interface Units {
  /** Requests an hour. */
  readonly activity: Float64Array;
  /** Times the base rate at which its requests fail. */
  readonly proneness: Float64Array;
  /** 0 to 1: it has the treatment while the share is above. */
  readonly position: Float64Array;
  readonly bucket: Uint8Array;
  /** When each of them came first, in requests of the whole run, sorted. */
  readonly firstSeen: Float64Array;
}

/** One bucket of one variant: how much of the traffic is its, and how much of that is prone to fail. */
interface Cell {
  weight: number;
  failing: number;
}

/**
 * Sticky units: each keeps its variant and its own failure rate, around the base rate as an exponential
 * distribution has it, and some are far busier than others. Requests of a bucket are drawn together: given
 * which units there are, each of them is any unit's with a chance that goes with its activity.
 */
export function unitTraffic(rates: Rates, count: number, requestsPerHour: number, next: Random): Traffic {
  const units = createUnits(count, requestsPerHour, next);
  let cells: Assigned | undefined;
  let seen = 0;
  return {
    draw(requests, share) {
      if (cells?.share !== share) cells = assign(units, share);
      return drawCells(cells, requests, rates, next);
    },
    distinctUnits(requests) {
      while (seen < count && (units.firstSeen[seen] ?? 0) <= requests) seen++;
      return seen;
    },
  };
}

function createUnits(count: number, requestsPerHour: number, next: Random): Units {
  const fill = (draw: () => number): Float64Array => Float64Array.from({ length: count }, draw);
  const weights = fill(() => (1 - next()) ** (-1 / ACTIVITY_SHAPE));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const activity = weights.map((weight) => (weight / total) * requestsPerHour);
  return {
    activity,
    proneness: fill(() => -Math.log(1 - next())),
    position: fill(next),
    bucket: Uint8Array.from({ length: count }, () => Math.floor(UNIT_BUCKETS * next())),
    firstSeen: weights.map((weight) => (-Math.log(1 - next()) * total) / weight).sort(),
  };
}

/** Traffic by variant, bucket and whether it is counted, at one share. */
interface Assigned {
  readonly share: number;
  readonly treatment: readonly Cell[];
  readonly control: readonly Cell[];
  /** Beyond what is counted of a unit. */
  readonly treatmentRest: Cell;
  readonly controlRest: Cell;
}

function assign({ activity, proneness, position, bucket }: Units, share: number): Assigned {
  const empty = (): Cell => ({ weight: 0, failing: 0 });
  const buckets = (): Cell[] => Array.from({ length: UNIT_BUCKETS }, empty);
  const assigned = {
    share,
    treatment: buckets(),
    control: buckets(),
    treatmentRest: empty(),
    controlRest: empty(),
  };
  const add = (cell: Cell | undefined, weight: number, prone: number): void => {
    if (cell === undefined) return;
    cell.weight += weight;
    cell.failing += weight * prone;
  };
  for (const [unit, rate] of activity.entries()) {
    const treated = (position[unit] ?? 0) < share;
    const prone = proneness[unit] ?? 0;
    const counted = countedOf(rate);
    add((treated ? assigned.treatment : assigned.control)[bucket[unit] ?? 0], counted, prone);
    add(treated ? assigned.treatmentRest : assigned.controlRest, rate - counted, prone);
  }
  return assigned;
}

/** Expected operations counted in an hour, where they come at random at this rate: the mean of min(3, Poisson). */
function countedOf(rate: number): number {
  let counted = 0;
  let probability = Math.exp(-rate);
  let below = 0;
  for (let k = 0; k < COUNTED_AN_HOUR; k++) {
    below += probability;
    counted += 1 - below;
    probability *= rate / (k + 1);
  }
  return Math.max(0, counted);
}

function drawCells(
  assigned: Assigned,
  requests: number,
  { baseRate, ratio }: Rates,
  next: Random,
): ReturnType<Traffic['draw']> {
  const { treatment, control, treatmentRest, controlRest } = assigned;
  const cells = [...treatment, treatmentRest, ...control, controlRest];
  let left = requests;
  let weight = cells.reduce((sum, cell) => sum + cell.weight, 0);
  const drawn = cells.map((cell, i): Counts => {
    const own = cell.weight === 0 ? 0 : binomial(left, cell.weight / weight, next);
    left -= own;
    weight -= cell.weight;
    const rate = (cell.weight === 0 ? 1 : cell.failing / cell.weight) * baseRate;
    const chance = Math.min(1, i <= UNIT_BUCKETS ? rate * ratio : rate);
    return { requests: own, errors: binomial(own, chance, next) };
  });
  const treated = drawn.slice(0, UNIT_BUCKETS + 1);
  const untreated = drawn.slice(UNIT_BUCKETS + 1);
  return {
    treatment: total(treated),
    control: total(untreated),
    buckets: { treatment: treated.slice(0, UNIT_BUCKETS), control: untreated.slice(0, UNIT_BUCKETS) },
  };
}
