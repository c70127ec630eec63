import { wilsonInterval } from '../../../stats/fixed/newcombe.js';

/** A share of requests with an interval that holds at one look. */
export interface Rate {
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/** Of the intervals that are shown: they are for looking, and decide nothing. */
const ALPHA = 0.05;

/** Of requests with an event; null: there are none, or it is not known of how many. */
export function rateOf(events: number | null, requests: number): Rate | null {
  if (events === null) return null;
  // A source that extrapolates has fractions of requests, and a failure may be reported before its request.
  const n = Math.round(requests);
  const interval = wilsonInterval(Math.min(n, Math.round(events)), n, ALPHA);
  if (interval.kind !== 'ok') return null;
  return { rate: Math.min(1, events / requests), low: interval.low, high: interval.high };
}

const STEPS = [1, 2, 5];

/** The end of an axis that begins at 0 and has room for all of them: 1, 2 or 5 times a power of ten, 1 at most. */
export function axisEnd(rates: readonly (Rate | null)[]): number {
  const highest = Math.max(0, ...rates.map((rate) => rate?.high ?? 0));
  if (highest === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = STEPS.find((factor) => factor * power >= highest) ?? 10;
  return Math.min(1, step * power);
}
