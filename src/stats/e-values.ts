import { logMeanExp, logMeanOfTwo, logSumExp } from './log-space.js';
import type { OddsGroup } from './odds.js';
import type { Slope } from './root.js';
import type { Table } from './tables.js';

/*
 * E-values for a ratio of event rates. Given the events of a stratum, each of them falls in the treatment
 * with probability n_T r / (n_T r + n_C), whatever the base rate: Lindon & Malek, "Anytime-Valid Inference
 * for Multinomial Count Data" (arXiv 2011.03567), where a hypothesis on inhomogeneous Poisson processes
 * becomes one on a multinomial by giving the totals. The likelihood ratio of r against r0, multiplied over
 * strata and averaged over a fixed grid of r, is a test martingale; Ville's inequality bounds the chance that
 * it ever reaches 1/alpha, so one may look as often as one likes.
 */

/** Points of the grid. Fixed: a grid chosen after a look at the data would void the guarantee. */
export const GRID_SIZE = 40;

const SMALLEST_STEP = 0.05;
const LARGEST_STEP = Math.log(20);

/** d_j = ln(r_j / r0), evenly spaced. */
const STEPS: Float64Array = Float64Array.from(
  { length: GRID_SIZE },
  (_, j) => SMALLEST_STEP + ((LARGEST_STEP - SMALLEST_STEP) * j) / (GRID_SIZE - 1),
);

/** On which side of r0 the alternatives lie. */
export type Direction = 'above' | 'below';

const SIGNED: Record<Direction, Float64Array> = { above: STEPS, below: STEPS.map((d) => -d) };
const RELATIVE: Record<Direction, Float64Array> = {
  above: STEPS.map((d) => Math.expm1(d)),
  below: STEPS.map((d) => Math.expm1(-d)),
};

/** Chance that an event is the treatment's, at odds n_T / n_C and a log ratio; safe at both ends of the doubles. */
export function chance(odds: number, lnRatio: number): number {
  return 1 / (1 + Math.exp(-lnRatio) / odds);
}

/**
 * Adds one stratum's L_j to `sums`: k_T d_j - m ln[(n_T r_j + n_C) / (n_T r0 + n_C)], the last as
 * ln(1 + p (r_j/r0 - 1)), which keeps its digits at a share of one in a million.
 */
function addGains(sums: Float64Array, table: Table, lnNull: number, direction: Direction): void {
  const events = table.treatmentEvents + table.controlEvents;
  if (events === 0) return;
  const p = chance(table.treatmentRequests / table.controlRequests, lnNull);
  const steps = SIGNED[direction];
  const relative = RELATIVE[direction];
  for (let j = 0; j < GRID_SIZE; j++) {
    const gain = table.treatmentEvents * (steps[j] ?? 0) - events * Math.log1p(p * (relative[j] ?? 0));
    sums[j] = (sums[j] ?? 0) + gain;
  }
}

/** L_j over all strata: the log likelihood ratios whose mean, out of logs, is the e-value. */
export function ratioGains(tables: readonly Table[], lnNull: number, direction: Direction): Float64Array {
  const sums = new Float64Array(GRID_SIZE);
  for (const table of tables) addGains(sums, table, lnNull, direction);
  return sums;
}

/**
 * ln E_harm = ln(1/2 E_whole + 1/2 E_late). E_late puts weight 1/((i+1)(i+2)) on a test that starts with
 * block i, and keeps what is left of the weight, 1/(B+1), as it is: a mixture of restarted test martingales
 * (Shin, Ramdas & Rinaldo, "E-detectors", arXiv 2203.03532: e-processes started at consecutive times; here with
 * weights that sum to 1, so that Ville's inequality holds as before). New harm need not outweigh a long clean
 * past. `tables` must be sorted by block.
 *
 * @param phi Overdispersion: each log likelihood ratio is divided by it.
 */
export function logHarm(tables: readonly Table[], lnNull: number, phi = 1): number {
  const starts: number[] = [];
  const sums = new Float64Array(GRID_SIZE);
  for (let i = tables.length - 1; i >= 0; i--) {
    const table = tables[i];
    if (table === undefined) break;
    addGains(sums, table, lnNull, 'above');
    if (table.from !== tables[i - 1]?.from) starts.push(logMeanExp(divided(sums, phi)));
  }
  const blocks = starts.length;
  const weighted = Float64Array.from({ length: blocks + 1 }, (_, i) => {
    const start = starts[blocks - 1 - i];
    return start === undefined ? -Math.log(blocks + 1) : start - Math.log((i + 1) * (i + 2));
  });
  return logMeanOfTwo(starts[blocks - 1] ?? 0, logSumExp(weighted));
}

/** Most often by 1, and then it is the same array. */
function divided(gains: Float64Array, by: number): Float64Array {
  return by === 1 ? gains : gains.map((gain) => gain / by);
}

/**
 * L_j of the absolute margin. The null is "at least delta more events per treated request"; with
 * a = exp(-d) and b = 1 + (1 - a) n_T/n_C the expectation of a^k_T b^k_C exp(n_T delta (1 - a)) is at most 1
 * under it, by 1 + x <= exp(x) for each request.
 */
export function absoluteGains(tables: readonly Table[], delta: number): Float64Array {
  const sums = new Float64Array(GRID_SIZE);
  for (const table of tables) {
    addAbsoluteGains(sums, table, delta, table.treatmentRequests / table.controlRequests);
  }
  return sums;
}

function addAbsoluteGains(sums: Float64Array, table: Table, delta: number, odds: number): void {
  const { treatmentRequests, treatmentEvents, controlEvents } = table;
  const relative = RELATIVE.below;
  for (let j = 0; j < GRID_SIZE; j++) {
    const less = -(relative[j] ?? 0);
    const gained = controlEvents === 0 ? 0 : controlEvents * Math.log1p(less * odds);
    const lost = treatmentEvents * (STEPS[j] ?? 0);
    sums[j] = (sums[j] ?? 0) - lost + gained + treatmentRequests * delta * less;
  }
}

/** By what the two halves of E_safe are divided where requests are not independent. */
export interface Dispersion {
  /** Overdispersion of the events; at least 1. */
  readonly phi: number;
  /** Least divisor of the absolute margin's half; infinite where that half has to say nothing. */
  readonly floor: number;
}

/** Requests taken as independent. */
export const INDEPENDENT: Dispersion = { phi: 1, floor: 1 };

/** L_j of both halves of E_safe one after the other: their mean is 1/2 E_ratio + 1/2 E_abs. */
export function safetyGains(
  tables: readonly Table[],
  lnMargin: number,
  delta: number,
  { phi, floor }: Dispersion,
): Float64Array {
  const gains = new Float64Array(2 * GRID_SIZE);
  gains.set(divided(ratioGains(tables, lnMargin, 'below'), phi), 0);
  gains.set(divided(absoluteGains(tables, delta), Math.max(phi, floor)), GRID_SIZE);
  return gains;
}

/**
 * Expected growth of each component of `safetyGains` with one more request, where the treatment has `share`
 * of the requests, the ratio is 1 and a request is an event with probability `rate`.
 *
 * The absolute half takes b = 1 + (1 - a) share, where `absoluteGains` has the odds share / (1 - share): so do
 * the reference values. It is the same at a small share and errs on the high side at a large one: at a half
 * it foretells some three times the requests that a run with no effect takes.
 */
export function expectedSafetyGains(
  share: number,
  rate: number,
  lnMargin: number,
  delta: number,
  { phi, floor }: Dispersion,
): Float64Array {
  const perRequest: Table = {
    epoch: '',
    from: 0,
    treatmentRequests: share,
    treatmentEvents: share * rate,
    controlRequests: 1 - share,
    controlEvents: (1 - share) * rate,
  };
  const gains = new Float64Array(2 * GRID_SIZE);
  gains.set(divided(ratioGains([perRequest], lnMargin, 'below'), phi), 0);
  const absolute = new Float64Array(GRID_SIZE);
  addAbsoluteGains(absolute, perRequest, delta, share);
  gains.set(divided(absolute, Math.max(phi, floor)), GRID_SIZE);
  return gains;
}

/** ln of the e-value over the whole history and its derivative in ln r0: what an interval's end needs. */
export function wholeHistory(
  groups: readonly OddsGroup[],
  treatmentEvents: number,
  lnNull: number,
  direction: Direction,
  phi = 1,
): Slope {
  const gains = SIGNED[direction].map((step) => treatmentEvents * step);
  const slopes = new Float64Array(GRID_SIZE);
  const relative = RELATIVE[direction];
  for (const { odds, events } of groups) {
    if (events === 0) continue;
    const p = chance(odds, lnNull);
    const spread = events * p * (1 - p);
    for (let j = 0; j < GRID_SIZE; j++) {
      const g = relative[j] ?? 0;
      gains[j] = (gains[j] ?? 0) - events * Math.log1p(p * g);
      slopes[j] = (slopes[j] ?? 0) - (spread * g) / (1 + p * g);
    }
  }
  const logs = divided(gains, phi);
  const value = logMeanExp(logs);
  let slope = 0;
  let weights = 0;
  for (let j = 0; j < GRID_SIZE; j++) {
    const weight = Math.exp((logs[j] ?? 0) - value);
    slope += (weight * (slopes[j] ?? 0)) / phi;
    weights += weight;
  }
  return { value, slope: slope / weights };
}
