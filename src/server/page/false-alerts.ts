import { eBenjaminiHochberg } from '../../stats/index.js';
import { logMeanExp } from '../../stats/log-space.js';
import type { TreatmentComparison } from '../comparison.js';

/** Share of false alerts among all, at most. */
export const ALERT_ALPHA = 0.05;

/** ln of what the adjusted e-value of an alert is at least. */
const ALERT = Math.log(1 / ALERT_ALPHA);

/**
 * ln of the e-value against a treatment being harmless: the mean of its guardrails', which is one whatever they have to do
 * with each other. 0 where nothing was judged.
 */
export function logEHarm({ errors, slow }: Pick<TreatmentComparison, 'errors' | 'slow'>): number {
  const known = [errors.logEHarm, slow.logEHarm].filter((logE) => logE !== null);
  return known.length === 0 ? 0 : logMeanExp(Float64Array.from(known));
}

/** A flag's proof of harm where many flags are looked at. */
export interface Adjusted {
  readonly logE: number;
  readonly alert: boolean;
}

/**
 * Adjusts for all treatments of all flags by e-BH. A flag is as suspicious as the worst of its treatments; what is no evidence
 * is 0, so that one flag's news alters few others.
 *
 * @param flags the treatments' {@link logEHarm}, by flag; those that are not compared yet as 0, which is an e-value too
 */
export function adjustForMany(flags: ReadonlyMap<string, readonly number[]>): Map<string, Adjusted> {
  const adjusted = eBenjaminiHochberg([...flags.values()].flat());
  let next = 0;
  return new Map(
    [...flags].map(([flag, { length }]) => {
      const own = adjusted.slice(next, next + length);
      next += length;
      const logE = Math.max(0, ...own);
      return [flag, { logE, alert: logE >= ALERT }];
    }),
  );
}
