import { logNormalCdf } from '../numerics/normal.js';
import { requireFinite, requireNotBelow, requireProbability } from '../require.js';
import { findRoot } from '../root.js';

/*
 * Boundaries that a sum of centred observations with intrinsic time v crosses with probability alpha at most,
 * however long one watches: Robbins' normal mixture as in Howard, Ramdas, McAuliffe & Sekhon 2021, "Time-uniform,
 * nonparametric, nonasymptotic confidence sequences" (Ann. Statist. 49, arXiv 1810.08240v7, section 3.2,
 * "Conjugate mixture bounds").
 */

/** On how many sides of 0 the sum is watched. */
export type Sides = 'one-sided' | 'two-sided';

/**
 * The precision rho of the mixture whose boundary is narrowest about the time `vOpt`, which must be fixed before
 * the data are seen. A closed form in place of the lower branch of Lambert's W, as the authors' own implementation
 * has it; one-sided takes twice alpha.
 */
export function normalMixturePrecision(vOpt: number, alpha: number, sides: Sides): number {
  const twoSided = sides === 'two-sided' ? alpha : 2 * alpha;
  requireFinite('the time that a boundary is tuned for', vOpt, 0);
  requireProbability(sides === 'two-sided' ? 'alpha' : 'twice the alpha of a one-sided boundary', twoSided);
  const odds = -2 * Math.log(twoSided);
  return vOpt / (odds + Math.log1p(odds));
}

/** ln of the mixture at sum s and time v: an e-value against "the mean is 0". */
export function logNormalMixture(s: number, v: number, precision: number, sides: Sides): number {
  requireNotBelow('intrinsic time', v, 0);
  const total = v + precision;
  const twoSided = 0.5 * Math.log(precision / total) + (s * s) / (2 * total);
  return sides === 'two-sided' ? twoSided : twoSided + Math.LN2 + logNormalCdf(s / Math.sqrt(total));
}

/** The s at which the mixture reaches 1/alpha. */
export function normalMixtureBound(v: number, alpha: number, precision: number, sides: Sides): number {
  requireProbability('alpha', alpha);
  requireNotBelow('intrinsic time', v, 0);
  const threshold = -Math.log(alpha);
  const total = v + precision;
  const twoSided = Math.sqrt(total * (Math.log1p(v / precision) + 2 * threshold));
  if (sides === 'two-sided') return twoSided;
  // Above 0 the one-sided mixture is the larger one, and grows with s: its bound lies below, and near.
  const scale = Math.sqrt(total);
  const lnS = findRoot((x) => {
    const z = Math.exp(x) / scale;
    const logCdf = logNormalCdf(z);
    const density = Math.exp(-0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - logCdf);
    const value = threshold - logNormalMixture(Math.exp(x), v, precision, sides);
    return { value, slope: -z * (z + density) };
  }, Math.log(twoSided));
  return lnS === null ? twoSided : Math.exp(lnS);
}
