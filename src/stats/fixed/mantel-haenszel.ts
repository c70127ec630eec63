import { chiSquareTail } from '../numerics/incomplete-gamma.js';
import { insufficient, type Outcome } from '../outcome.js';
import { requireCount } from '../require.js';

/** Events and the rest of the requests, of both variants in one stratum: a 2x2 table. */
export interface EventTable {
  readonly treatmentEvents: number;
  readonly treatmentOthers: number;
  readonly controlEvents: number;
  readonly controlOthers: number;
}

/** Association of variant and event, given the stratum. */
export interface CommonOddsRatio {
  /** Null where no stratum has an event of control beside another request of the treatment: unbounded. */
  readonly oddsRatio: number | null;
  /** Cochran, Mantel and Haenszel's statistic, one degree of freedom. */
  readonly chiSquare: number;
  readonly p: number;
  /** The same with the half that brings it nearer to the exact test. */
  readonly correctedChiSquare: number;
  readonly correctedP: number;
}

/**
 * The odds ratio that the strata have in common, and the test that it is 1 (Mantel & Haenszel 1959, J. Natl. Cancer
 * Inst. 22, 719-748; Agresti, "Categorical Data Analysis", 3rd ed., sections 6.4.2 and 6.4.5). A stratum with one
 * variant, or with events only, adds nothing. For reports that look once.
 */
export function mantelHaenszel(tables: readonly EventTable[]): Outcome<CommonOddsRatio> {
  let forward = 0;
  let backward = 0;
  let excess = 0;
  let variance = 0;
  for (const table of tables) {
    for (const [name, count] of Object.entries(table)) requireCount(name, count, 'bad-table');
    const { treatmentEvents: a, treatmentOthers: b, controlEvents: c, controlOthers: d } = table;
    const n = a + b + c + d;
    if (n < 2) continue;
    forward += (a / n) * d;
    backward += (b / n) * c;
    // a less its expectation (a+b)(a+c)/n, without subtracting two large numbers.
    excess += (a / n) * d - (b / n) * c;
    variance += (((a + b) / n) * ((c + d) / n) * (a + c) * (b + d)) / (n - 1);
  }
  if (variance === 0) return insufficient('No stratum has both variants, an event and another request.');
  const distance = Math.abs(excess);
  const chiSquare = distance ** 2 / variance;
  const correctedChiSquare = Math.max(0, distance - 0.5) ** 2 / variance;
  return {
    kind: 'ok',
    oddsRatio: backward === 0 ? null : forward / backward,
    chiSquare,
    p: chiSquareTail(chiSquare, 1),
    correctedChiSquare,
    correctedP: chiSquareTail(correctedChiSquare, 1),
  };
}
