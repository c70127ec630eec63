import { type CheckedEvidence, checkEvidence } from './checked.js';
import type { CheckedUnits } from './checked-units.js';
import { logHarm } from './e-values.js';
import type { Evidence, VerdictParameters } from './evidence.js';
import { explain } from './explanation.js';
import { assessGuardrail, type GuardrailLimits, harmTarget } from './guardrail.js';
import { type Finding, type Findings, type HoldReason, type Judgement, UNPAIRED_LIMIT } from './judgement.js';
import { pairing } from './pairing.js';
import { testSampleRatio } from './sample-ratio.js';
import { type Stratum, stratify, type Totals, tablesOf, totalsOf } from './tables.js';
import { assessUnits, stratifyUnits, type UnitStratum, withFailingUnits } from './units.js';
import { requireUnitsWithin } from './units-within.js';

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
  const { parameters, units } = evidence;
  const unitStrata = units === null ? [] : stratifyUnits(units.cells);
  requireUnitsWithin(strata, unitStrata, units?.failing ?? []);
  const find = (event: 'errors' | 'slow'): Finding | null =>
    units === null
      ? byRequests(strata, event, parameters)
      : byUnits(strata, unitStrata, event, units, parameters);
  const slow = parameters.slowThreshold === null ? null : find('slow');
  return {
    evidence,
    errors: find('errors'),
    slow: slow && { ...slow, result: { threshold: parameters.slowThreshold ?? 0, ...slow.result } },
    ...pairing(strata, unitStrata),
    sampleRatio: testSampleRatio(evidence.epochs),
  };
}

function byRequests(
  strata: readonly Stratum[],
  event: 'errors' | 'slow',
  parameters: VerdictParameters,
): Finding | null {
  const tables = tablesOf(strata, event);
  if (tables.length === 0) return null;
  const totals = totalsOf(tables);
  return { result: assessGuardrail(tables, totals, limitsOf(event, parameters)), totals };
}

/**
 * Judges one event by units. Whether operations of units were slow is known only where the application counts them above
 * this very threshold; where it does not, slow requests are judged as they are without units, and their `method` says so.
 */
function byUnits(
  strata: readonly Stratum[],
  unitStrata: readonly UnitStratum[],
  event: 'errors' | 'slow',
  { operationsPerUnit, failing }: CheckedUnits,
  parameters: VerdictParameters,
): Finding | null {
  const counted = event === 'errors' ? failing : [];
  const limits = { ...limitsOf(event, parameters), harmSources: counted.length > 0 ? 2 : 1 } as const;
  const found = assessUnits(unitStrata, event, limits, operationsPerUnit);
  if (found === null) return event === 'slow' ? byRequests(strata, event, parameters) : null;
  const result = withFailingUnits(found.result, unitStrata, counted, limits);
  return { ...found, result, harmByRequests: provenByRequests(strata, event, limits) };
}

/** The counts by which requests, each taken by itself, would prove harm; null where they would not. */
function provenByRequests(
  strata: readonly Stratum[],
  event: 'errors' | 'slow',
  limits: GuardrailLimits,
): Totals | null {
  const tables = tablesOf(strata, event);
  return logHarm(tables, Math.log(limits.nullRatio)) >= harmTarget(limits) ? totalsOf(tables) : null;
}

function limitsOf(event: 'errors' | 'slow', parameters: VerdictParameters): GuardrailLimits {
  const { alphaHarm, alphaSafe, slowThreshold } = parameters;
  const shared = {
    guardrails: slowThreshold === null ? 1 : 2,
    alphaHarm,
    alphaSafe,
    harmSources: 1,
  } as const;
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
  // In the order in which they are listed.
  const held: Readonly<Record<HoldReason, boolean>> = {
    insufficient: guardrails.includes(null),
    'sample-ratio': findings.sampleRatio?.isMismatch === true,
    unpaired: findings.unpairedShare > UNPAIRED_LIMIT || findings.uncountedShare > UNPAIRED_LIMIT,
    incomplete: !complete,
    overflow,
    'too-early': early,
    inconclusive: !guardrails.every((finding) => finding?.result.safe && !finding.harmByRequests),
  };
  return (Object.keys(held) as HoldReason[]).filter((reason) => held[reason]);
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
