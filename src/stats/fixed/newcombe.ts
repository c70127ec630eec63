import { StatisticsError } from '../errors.js';
import { normalQuantile } from '../numerics/normal.js';
import { type Interval, insufficient, type Outcome } from '../outcome.js';
import { requireCount, requireProbability } from '../require.js';

/** A difference of two rates with an interval that holds at one look. */
export interface RateDifference extends Interval {
  readonly estimate: number;
}

/**
 * Wilson's interval for one rate (Wilson 1927, JASA 22, 209-212): the rates p with |k - n p| at most
 * z sqrt(n p (1 - p)). Never outside 0 to 1, and not empty where no event was seen.
 */
export function wilsonInterval(events: number, n: number, alpha: number): Outcome<Interval> {
  requireCount('events', events);
  requireCount('the number of values', n);
  requireProbability('alpha', alpha);
  if (events > n) {
    throw new StatisticsError('bad-count', `events must be at most values (${n}), not ${events}.`);
  }
  if (n === 0) return insufficient('There are no values.');
  const z = -normalQuantile(alpha / 2);
  const rate = events / n;
  const square = (z * z) / n;
  const centre = rate + square / 2;
  const spread = z * Math.sqrt((rate * (1 - rate)) / n + square / (4 * n));
  return {
    kind: 'ok',
    low: events === 0 ? 0 : Math.max(0, (centre - spread) / (1 + square)),
    high: events === n ? 1 : Math.min(1, (centre + spread) / (1 + square)),
  };
}

/**
 * The difference of two rates, first less second, with Newcombe's method 10 (Newcombe 1998, "Interval estimation
 * for the difference between independent proportions", Stat. Med. 17, 873-890): the distances of both rates to
 * their Wilson limits, added as squares. For reports that look once.
 */
export function newcombeDifference(
  first: { readonly events: number; readonly n: number },
  second: { readonly events: number; readonly n: number },
  alpha: number,
): Outcome<RateDifference> {
  const a = wilsonInterval(first.events, first.n, alpha);
  const b = wilsonInterval(second.events, second.n, alpha);
  if (a.kind === 'insufficient' || b.kind === 'insufficient') {
    return insufficient('Both variants must have requests.');
  }
  const rateA = first.events / first.n;
  const rateB = second.events / second.n;
  const estimate = rateA - rateB;
  return {
    kind: 'ok',
    estimate,
    low: estimate - Math.hypot(rateA - a.low, b.high - rateB),
    high: estimate + Math.hypot(a.high - rateA, rateB - b.low),
  };
}
