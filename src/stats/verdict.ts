import { type CheckedEvidence, checkEvidence } from './checked.js';
import type { Evidence, VerdictParameters } from './evidence.js';
import { explain } from './explanation.js';
import { assessGuardrail, type GuardrailLimits } from './guardrail.js';
import { type Finding, type Findings, type HoldReason, type Judgement, UNPAIRED_LIMIT } from './judgement.js';
import { testSampleRatio } from './sample-ratio.js';
import { type Stratum, stratify, tablesOf, totalsOf } from './tables.js';
import { assessUnits, stratifyUnits, withFailingUnits } from './units.js';

/**
 * The verdict on one treatment: a pure function of the evidence, valid at every look however often one looks.
 * Errors and slow requests are each tested for harm and for safety by e-values (Lindon & Malek, arXiv
 * 2011.03567); any proof of harm rolls back, whatever else is wrong; a roll-forward needs every proof of
 * safety (intersection-union, Berger 1982) and nothing wrong; all else holds.
 *
 * @throws StatisticsError with a `code` where the evidence cannot be judged.
 */
export function judge(evidence: Evidence): Judgement {
  const checked = checkEvidence(evidence);
  const strata = stratify(checked.cells);
  const findings = assess(checked, strata);
  const { errors, slow } = findings;
  const guardrails = checked.parameters.slowThreshold === null ? [errors] : [errors, slow];
  const harm = guardrails.some((finding) => finding?.result.harm);
  const reasons = harm ? [] : holdReasons(findings, guardrails);
  const verdict = harm ? 'roll-back' : reasons.length === 0 ? 'roll-forward' : 'hold';
  const needed = harm ? null : largestNeed(guardrails);
  return {
    verdict,
    reasons,
    method: errors?.result.method ?? (checked.units === null ? 'requests' : 'unit-buckets'),
    errors: errors?.result ?? null,
    slow: slow?.result ?? null,
    sampleRatio: findings.sampleRatio?.logE ?? null,
    requestsNeeded: needed,
    explanation: explain(findings, verdict, reasons, needed),
  };
}

function assess(evidence: CheckedEvidence, strata: readonly Stratum[]): Findings {
  const { parameters } = evidence;
  let pairedRequests = 0;
  let treated = 0;
  let unpaired = 0;
  for (const { treatment, control } of strata) {
    treated += treatment.requests;
    if (control.requests === 0) unpaired += treatment.requests;
    else if (treatment.requests > 0) pairedRequests += treatment.requests + control.requests;
  }
  const find = finderOf(evidence, strata);
  const slow = parameters.slowThreshold === null ? null : find('slow');
  return {
    evidence,
    errors: find('errors'),
    slow: slow && { ...slow, result: { threshold: parameters.slowThreshold ?? 0, ...slow.result } },
    pairedRequests,
    unpairedShare: treated === 0 ? 0 : unpaired / treated,
    sampleRatio: testSampleRatio(evidence.epochs),
  };
}

/**
 * Judges one event: by units where they are counted, else by requests. Whether operations of units were slow is known
 * only where the application counts them above this very threshold; where it does not, slow requests are judged as
 * they are without units, and their `method` says so.
 */
function finderOf(
  { units, parameters }: CheckedEvidence,
  strata: readonly Stratum[],
): (event: 'errors' | 'slow') => Finding | null {
  const unitStrata = units === null ? [] : stratifyUnits(units.cells);
  return (event) => {
    const limits = limitsOf(event, parameters);
    if (units !== null) {
      const found = assessUnits(unitStrata, event, limits, units.operationsPerUnit);
      if (found !== null && event === 'errors') {
        return { ...found, result: withFailingUnits(found.result, unitStrata, units.failing, limits) };
      }
      if (found !== null || event === 'errors') return found;
    }
    const tables = tablesOf(strata, event);
    if (tables.length === 0) return null;
    const totals = totalsOf(tables);
    return { result: assessGuardrail(tables, totals, limits), totals };
  };
}

function limitsOf(event: 'errors' | 'slow', parameters: VerdictParameters): GuardrailLimits {
  const { alphaHarm, alphaSafe, slowThreshold } = parameters;
  const shared = { guardrails: slowThreshold === null ? 1 : 2, alphaHarm, alphaSafe };
  return event === 'errors'
    ? {
        ...shared,
        nullRatio: parameters.harmErrors,
        margin: parameters.marginErrors,
        extra: parameters.extraErrors,
      }
    : {
        ...shared,
        nullRatio: parameters.harmSlow,
        margin: parameters.marginSlow,
        extra: parameters.extraSlow,
      };
}

function holdReasons(findings: Findings, guardrails: readonly (Finding | null)[]): HoldReason[] {
  const { complete, overflow, elapsedSeconds, parameters } = findings.evidence;
  const { minRequests, minSeconds } = parameters;
  const early = findings.pairedRequests < minRequests || (elapsedSeconds ?? 0) < minSeconds;
  const held: Readonly<Record<HoldReason, boolean>> = {
    insufficient: guardrails.includes(null),
    'sample-ratio': findings.sampleRatio?.isMismatch === true,
    unpaired: findings.unpairedShare > UNPAIRED_LIMIT,
    incomplete: !complete,
    overflow,
    'too-early': early,
    inconclusive: !guardrails.every((finding) => finding?.result.safe),
  };
  const order: HoldReason[] = [
    'insufficient',
    'sample-ratio',
    'unpaired',
    'incomplete',
    'overflow',
    'too-early',
    'inconclusive',
  ];
  return order.filter((reason) => held[reason]);
}

/** Safety needs every guardrail, so the slowest decides; unknown where one is unknown. */
function largestNeed(guardrails: readonly (Finding | null)[]): number | null {
  let largest = 0;
  for (const finding of guardrails) {
    const need = finding?.result.requestsNeeded ?? null;
    if (need === null) return null;
    largest = Math.max(largest, need);
  }
  return largest;
}
