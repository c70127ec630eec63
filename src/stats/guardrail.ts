import { type Dispersion, INDEPENDENT, logHarm, safetyGains } from './e-values.js';
import { logMeanExp } from './log-space.js';
import { estimateRatio, type RatioEstimate } from './ratio.js';
import { requestsNeeded } from './requests-needed.js';
import { currentShare, type Table, type Totals } from './tables.js';

/**
 * What was taken as independent: `requests`, each by itself; `unit-buckets`, units in sixteen groups, each left out once;
 * `units`, the same, and failing units one by one as further evidence of harm.
 */
export type Method = 'requests' | 'unit-buckets' | 'units';

/** What one guardrail says. E-values are natural logarithms, so that strong evidence stays finite. */
export interface GuardrailResult extends RatioEstimate {
  readonly method: Method;
  /** Overdispersion; 1 at request level, where requests are taken as independent. */
  readonly phi: number;
  readonly logEHarm: number;
  readonly logESafe: number;
  /** Harm is proven. */
  readonly harm: boolean;
  /** Safety is proven: the ratio is below the margin, or the extra risk below its own. */
  readonly safe: boolean;
  /** Requests of both variants until safety is proven if there is no effect; null where none would do. */
  readonly requestsNeeded: number | null;
}

/** What a guardrail tolerates. */
export interface GuardrailLimits {
  /** Ratio up to which nothing is harm. */
  readonly nullRatio: number;
  /** Ratio that is no longer safe. */
  readonly margin: number;
  /** Extra events per treated request that are no longer safe. */
  readonly extra: number;
  /** Guardrails that share `alphaHarm`: any one of them rolls back, so the chance of error is split. */
  readonly guardrails: number;
  readonly alphaHarm: number;
  readonly alphaSafe: number;
  /** E-values of which E_harm is the mean: the interval's lower end asks so many times more of the one it inverts. */
  readonly harmSources: 1 | 2;
}

/** ln E_harm at which harm is proven. */
export function harmTarget({ guardrails, alphaHarm }: GuardrailLimits): number {
  return Math.log(guardrails / alphaHarm);
}

/** Judges one kind of event on strata sorted by block; at least one stratum. */
export function assessGuardrail(
  tables: readonly Table[],
  totals: Totals,
  limits: GuardrailLimits,
  dispersion: Dispersion = INDEPENDENT,
): GuardrailResult {
  const { phi } = dispersion;
  const { nullRatio, margin, extra, alphaSafe, harmSources } = limits;
  const toHarm = harmTarget(limits);
  const safeTarget = Math.log(1 / alphaSafe);
  const lnMargin = Math.log(margin);
  const logEHarm = logHarm(tables, Math.log(nullRatio), phi);
  const gains = safetyGains(tables, lnMargin, extra, dispersion);
  const logESafe = logMeanExp(gains);
  return {
    method: 'requests',
    ...estimateRatio(tables, totals, Math.log(2 * harmSources) + toHarm, Math.LN2 + safeTarget, phi),
    phi,
    logEHarm,
    logESafe,
    harm: logEHarm >= toHarm,
    safe: logESafe >= safeTarget,
    requestsNeeded: requestsNeeded(gains, {
      totals,
      share: currentShare(tables),
      lnMargin,
      delta: extra,
      target: safeTarget,
      dispersion,
    }),
  };
}
