import { type Dispersion, expectedSafetyGains } from './e-values.js';
import { logMeanExp } from './log-space.js';
import type { Totals } from './tables.js';

/** What `requestsNeeded` counts on. */
export interface Outlook {
  readonly totals: Totals;
  /** Treatment's share of the requests to come. */
  readonly share: number;
  readonly lnMargin: number;
  readonly delta: number;
  /** ln E_safe at which safety is proven. */
  readonly target: number;
  readonly dispersion: Dispersion;
}

/**
 * Requests still needed until safety is proven, if there is no effect: the smallest N with
 * ln mean_j exp(L_j + N g_j) >= target, g_j the expected growth of component j per request. Works from zero
 * evidence; an order of magnitude to plan with, since runs differ by a factor of ten among themselves.
 * @returns 0 where safety is proven, null where no number of requests would do.
 */
export function requestsNeeded(gains: Float64Array, outlook: Outlook): number | null {
  const { totals, share, lnMargin, delta, target, dispersion } = outlook;
  const events = totals.treatmentEvents + totals.controlEvents;
  const rate = (events + 0.5) / (totals.treatmentRequests + totals.controlRequests + 1);
  const growth = expectedSafetyGains(share, rate, lnMargin, delta, dispersion);
  const enough = (requests: number): boolean =>
    logMeanExp(gains.map((gain, j) => gain + requests * (growth[j] ?? 0))) >= target;
  if (enough(0)) return 0;
  // The mean of exponentials is convex in N and begins below the target: it crosses once, or never.
  let low = 0;
  let high = 1;
  while (!enough(high)) {
    low = high;
    high *= 2;
    if (high > Number.MAX_SAFE_INTEGER) return null;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
