import { zetaMinusOne } from '../numerics/zeta.js';
import { requireFinite, requireNotBelow, requireProbability } from '../require.js';

/** Shape of a stitched boundary. */
export interface Stitching {
  /** Time from which the boundary is narrow; before it is as wide as there. */
  readonly vMin: number;
  /** Scale of the heavier tail (sub-gamma); 0 is sub-Gaussian. @default 0 */
  readonly c?: number;
  /** Exponent of the epochs' shares of alpha, above 1. @default 1.4 */
  readonly s?: number;
  /** Ratio of one epoch's length to the last one's, above 1. @default 2 */
  readonly eta?: number;
}

/**
 * The polynomial stitched boundary, which grows as sqrt(v ln ln v): Howard, Ramdas, McAuliffe & Sekhon 2021
 * (arXiv 1810.08240v7, theorem 1 with h(k) = (k+1)^s zeta(s), "polynomial stitched boundary"). Wider than a
 * mixture at any time worth looking at, narrower in the long run.
 */
export function stitchedBound(v: number, alpha: number, stitching: Stitching): number {
  const { vMin, c = 0, s = 1.4, eta = 2 } = stitching;
  requireProbability('alpha', alpha);
  requireNotBelow('intrinsic time', v, 0);
  requireFinite('vMin', vMin, 0);
  requireNotBelow('c', c, 0);
  requireFinite('s', s, 1);
  requireFinite('eta', eta, 1);
  const time = Math.max(v, vMin);
  const k1 = (eta ** 0.25 + eta ** -0.25) / Math.SQRT2;
  const k2 = (Math.sqrt(eta) + 1) / 2;
  const epochs = Math.log(Math.log((eta * time) / vMin)) - Math.log(Math.log(eta));
  const ell = s * epochs + Math.log1p(zetaMinusOne(s)) - Math.log(alpha);
  const linear = k2 * c * ell;
  return Math.sqrt(k1 ** 2 * time * ell + linear ** 2) + linear;
}
