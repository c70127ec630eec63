import { logDirichletMultinomial } from './dirichlet-multinomial.js';
import { StatisticsError, shown } from './errors.js';
import { requireCount } from './require.js';

/** Units at their first exposure in a stretch of constant allocation, by variant. */
export interface ExposureEpoch {
  /** Share of each variant; they sum to 1. */
  readonly allocation: Readonly<Record<string, number>>;
  readonly exposed: Readonly<Record<string, number>>;
}

/** Units that saw a variant which the allocation gave to nobody. */
export interface UnexpectedExposure {
  /** Index of the epoch in the list given. */
  readonly epoch: number;
  readonly variant: string;
  readonly units: number;
}

export interface SampleRatio {
  /** ln of the e-value against "units were assigned as allocated"; 0 without units. */
  readonly logEValue: number;
  /** Left out of the e-value, where one of them would be infinite evidence. */
  readonly unexpected: readonly UnexpectedExposure[];
}

/** Units that the prior weighs: differences of some 3 % from the allocation are found soonest. */
const CONCENTRATION = 1000;
/** Shares written as decimals do not sum to 1 exactly. */
const TOLERANCE = 1e-6;

/**
 * The sequential test of a sample-ratio mismatch: Dirichlet-multinomial against the allocation itself (Lindon &
 * Malek, "Anytime-Valid Inference for Multinomial Count Data", arXiv 2011.03567), with a prior of 1000 x share in
 * each epoch, the epochs multiplied. Valid at every look. It takes units, each counted once: requests are an outcome.
 */
export function logSampleRatio(epochs: readonly ExposureEpoch[]): SampleRatio {
  let logEValue = 0;
  const unexpected: UnexpectedExposure[] = [];
  for (const [epoch, { allocation, exposed }] of epochs.entries()) {
    const shares = checkedShares(allocation, epoch);
    for (const [variant, units] of Object.entries(exposed)) {
      requireCount(`units of ${shown(variant)} in epoch ${epoch}`, units);
      if (units > 0 && !shares.has(variant)) unexpected.push({ epoch, variant, units });
    }
    const variants = [...shares.keys()];
    const counts = variants.map((variant) => (Object.hasOwn(exposed, variant) ? (exposed[variant] ?? 0) : 0));
    const weights = [...shares.values()];
    const prior = weights.map((share) => CONCENTRATION * share);
    logEValue += logDirichletMultinomial(counts, prior) - logAsAllocated(counts, weights);
  }
  return { logEValue, unexpected };
}

/** ln of the probability of a sequence of units with these counts, where the shares are those allocated. */
export function logAsAllocated(counts: readonly number[], shares: readonly number[]): number {
  let sum = 0;
  for (const [i, count] of counts.entries()) if (count > 0) sum += count * Math.log(shares[i] ?? 0);
  return sum;
}

/** The shares above 0, in an order that does not depend on how the allocation was written, summing to 1. */
function checkedShares(allocation: Readonly<Record<string, number>>, epoch: number): Map<string, number> {
  // Sorted before anything is added up: a sum of three shares depends on their order.
  const entries = Object.entries(allocation).sort(([a], [b]) => (a < b ? -1 : 1));
  const sum = entries.reduce((total, [, share]) => total + share, 0);
  if (entries.some(([, share]) => !(share >= 0)) || !(Math.abs(sum - 1) <= TOLERANCE)) {
    const given = entries.map(([variant, share]) => `${variant}: ${shown(share)}`).join(', ');
    const message = `the shares of epoch ${epoch} must be from 0 on and sum to 1 (0.1, not 10), not ${given || 'none'}.`;
    throw new StatisticsError('bad-allocation', message);
  }
  const positive = entries.filter(([, share]) => share > 0);
  return new Map(positive.map(([variant, share]) => [variant, share / sum]));
}
