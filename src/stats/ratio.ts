import { chance, type Direction, wholeHistory } from './e-values.js';
import { groupByOdds, type OddsGroup } from './odds.js';
import { findRoot } from './root.js';
import type { Table, Totals } from './tables.js';

/** Treatment's event rate over control's, with the ratios that the data do not rule out. */
export interface RatioEstimate {
  /** Conditional maximum likelihood; null where control has no events, 0 where the treatment has none. */
  readonly ratio: number | null;
  /** Lower end; 0 where nothing bounds it. */
  readonly low: number;
  /** Upper end; null where nothing bounds it. */
  readonly high: number | null;
}

/**
 * The ratio and its confidence sequence: the null ratios that the e-values have not refuted (Lindon & Malek,
 * arXiv 2011.03567: a confidence sequence by inverting the sequential test). `lnLow` and `lnHigh` are the ln
 * e-values at which a null ratio is refuted from above and from below; `phi` is the overdispersion.
 */
export function estimateRatio(
  tables: readonly Table[],
  totals: Totals,
  lnLow: number,
  lnHigh: number,
  phi = 1,
): RatioEstimate {
  const { treatmentEvents, controlEvents } = totals;
  const groups = groupByOdds(tables);
  const start = startOf(totals);
  const none = treatmentEvents === 0 || controlEvents === 0;
  const lnRatio = none ? null : conditionalLnRatio(groups, treatmentEvents, start);
  const centre = lnRatio ?? start;
  const low = treatmentEvents === 0 ? null : end(groups, totals, 'above', lnLow, centre, phi);
  const high = controlEvents === 0 ? null : end(groups, totals, 'below', lnHigh, centre, phi);
  return {
    ratio: controlEvents === 0 ? null : lnRatio === null ? 0 : Math.exp(lnRatio),
    low: low === null ? 0 : Math.exp(low),
    high: high === null ? null : Math.exp(high),
  };
}

/** The ratio alone, as {@link estimateRatio} gives it. */
export function ratioOf(tables: readonly Table[], totals: Totals): number | null {
  const { treatmentEvents, controlEvents } = totals;
  if (controlEvents === 0) return null;
  if (treatmentEvents === 0) return 0;
  const lnRatio = conditionalLnRatio(groupByOdds(tables), treatmentEvents, startOf(totals));
  return lnRatio === null ? 0 : Math.exp(lnRatio);
}

/** Where the root finders start: half an event more on each side, where a count is 0. */
function startOf({ treatmentEvents, treatmentRequests, controlEvents, controlRequests }: Totals): number {
  return (
    Math.log((treatmentEvents + 0.5) / (controlEvents + 0.5)) + Math.log(controlRequests / treatmentRequests)
  );
}

/**
 * Root of sum_s [k_T - m n_T r / (n_T r + n_C)] in ln r: the score of the binomial likelihood that is left
 * when the events of each stratum are given (Breslow & Day 1987, "Statistical Methods in Cancer Research II",
 * chapter 3).
 */
function conditionalLnRatio(
  groups: readonly OddsGroup[],
  treatmentEvents: number,
  start: number,
): number | null {
  return findRoot((lnRatio) => {
    let value = treatmentEvents;
    let slope = 0;
    for (const { odds, events } of groups) {
      const p = chance(odds, lnRatio);
      value -= events * p;
      slope -= events * p * (1 - p);
    }
    return { value, slope };
  }, start);
}

/** One end in ln ratio; null where even the most extreme null ratio is not refuted. */
function end(
  groups: readonly OddsGroup[],
  totals: Totals,
  direction: Direction,
  target: number,
  centre: number,
  phi: number,
): number | null {
  const sign = direction === 'above' ? 1 : -1;
  // A normal approximation says where to begin; two more than the target, for the price of the mixture.
  const width = Math.sqrt((2 * phi * (target + 2)) / information(groups, centre));
  return findRoot(
    (lnRatio) => {
      const { value, slope } = wholeHistory(groups, totals.treatmentEvents, lnRatio, direction, phi);
      return { value: sign * (value - target), slope: sign * slope };
    },
    centre - sign * Math.min(width, 5),
  );
}

/** Fisher information of ln ratio. */
function information(groups: readonly OddsGroup[], lnRatio: number): number {
  let sum = 0;
  for (const { odds, events } of groups) {
    const p = chance(odds, lnRatio);
    sum += events * p * (1 - p);
  }
  return sum;
}
