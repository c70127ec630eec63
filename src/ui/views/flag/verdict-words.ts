import type { Comparison } from '../../../server/comparison.js';
import type { VariantSummary } from '../../../server/variants.js';
import type { HoldReason } from '../../../stats/index.js';

/** Why a verdict holds, and what to do about it. */
export const HOLD_WORDS: Readonly<Record<HoldReason, { readonly why: string; readonly next: string }>> = {
  insufficient: {
    why: 'Too little was seen to compare',
    next: 'Give both variants traffic at the same time; of slow requests, wait until durations are counted.',
  },
  'sample-ratio': {
    why: 'Units do not follow the allocation',
    next: 'Find out who is missing or comes too often (a redirect, a crash, a bot, a cache) before you believe any number here.',
  },
  unpaired: {
    why: 'Many requests of the treatment have no control beside them',
    next: 'Give both variants traffic at the same time and in the same version of each service.',
  },
  incomplete: {
    why: 'Telemetry was lost',
    next: 'Find out what was dropped and where, then look again.',
  },
  overflow: {
    why: 'The backend folded series together for want of room',
    next: 'Raise its limit on series, then look again.',
  },
  'too-early': {
    why: 'The least number of requests, or the least time, has not passed',
    next: 'Wait: both are set with the comparison (min-requests, min-time).',
  },
  inconclusive: {
    why: 'Neither harm nor safety is proven',
    next: 'Keep the share as it is and look again; more requests decide.',
  },
};

/** Requests of a treatment and its control a second, over the whole window; 0: none. */
export function requestRate(
  {
    window,
    variants,
    control,
  }: Pick<Comparison, 'window' | 'control'> & {
    readonly variants: readonly Pick<VariantSummary, 'variant' | 'requests'>[];
  },
  treatment: string,
): number {
  const seconds = (Date.parse(window.to) - Date.parse(window.from)) / 1000;
  if (!(seconds > 0)) return 0;
  const requests = variants
    .filter(({ variant }) => variant === control || variant === treatment)
    .reduce((sum, variant) => sum + variant.requests, 0);
  return requests / seconds;
}
