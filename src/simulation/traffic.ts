import { binomial } from './binomial.js';
import type { Random } from './random.js';

export interface Counts {
  readonly requests: number;
  readonly errors: number;
}

/** What a stretch of traffic adds. */
export interface Drawn {
  readonly treatment: Counts;
  readonly control: Counts;
  /** The part that is counted by unit, in 16 buckets; absent where requests are assigned one by one. */
  readonly buckets?: { readonly treatment: readonly Counts[]; readonly control: readonly Counts[] };
}

export function total(counts: readonly Counts[]): Counts {
  const sum = { requests: 0, errors: 0 };
  for (const { requests, errors } of counts) {
    sum.requests += requests;
    sum.errors += errors;
  }
  return sum;
}

/** Where requests come from. */
export interface Traffic {
  /** Requests of both variants together, while the treatment has this share. */
  draw(requests: number, share: number): Drawn;
  /** Units counted after so many requests of the whole run; null where there are none. */
  distinctUnits(requests: number): number | null;
}

/** What each request, or each unit, is like. */
export interface Rates {
  /** Chance that a request of the control fails. */
  readonly baseRate: number;
  /** The treatment's, over the control's. */
  readonly ratio: number;
}

/** Every request is assigned by itself, and fails by itself. */
export function requestTraffic({ baseRate, ratio }: Rates, next: Random): Traffic {
  const arm = (requests: number, rate: number): Counts => ({
    requests,
    errors: binomial(requests, rate, next),
  });
  return {
    draw(requests, share) {
      const treated = binomial(requests, share, next);
      return {
        treatment: arm(treated, baseRate * ratio),
        control: arm(requests - treated, baseRate),
      };
    },
    distinctUnits: () => null,
  };
}
