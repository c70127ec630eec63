import { logHarm, safetyGains } from './e-values.js';
import { logMeanExp } from './log-space.js';
import { estimateRatio, type RatioEstimate } from './ratio.js';
import { requestsNeeded } from './requests-needed.js';
import { currentShare, type Table, type Totals } from './tables.js';

/** What one guardrail says. E-values are natural logarithms, so that strong evidence stays finite. */
export interface GuardrailResult extends RatioEstimate {
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
}

/** Judges one kind of event on strata sorted by block; at least one stratum. */
export function assessGuardrail(
  tables: readonly Table[],
  totals: Totals,
  limits: GuardrailLimits,
): GuardrailResult {
  const { nullRatio, margin, extra, guardrails, alphaHarm, alphaSafe } = limits;
  const harmTarget = Math.log(guardrails / alphaHarm);
  const safeTarget = Math.log(1 / alphaSafe);
  const lnMargin = Math.log(margin);
  const logEHarm = logHarm(tables, Math.log(nullRatio));
  const gains = safetyGains(tables, lnMargin, extra);
  const logESafe = logMeanExp(gains);
  return {
    ...estimateRatio(tables, totals, Math.LN2 + harmTarget, Math.LN2 + safeTarget),
    phi: 1,
    logEHarm,
    logESafe,
    harm: logEHarm >= harmTarget,
    safe: logESafe >= safeTarget,
    requestsNeeded: requestsNeeded(gains, {
      totals,
      share: currentShare(tables),
      lnMargin,
      delta: extra,
      target: safeTarget,
    }),
  };
}
