import { type Finding, type Findings, type HoldReason, UNPAIRED_LIMIT, type Verdict } from './judgement.js';

/** Odds beyond which the digits say nothing more. */
const LARGEST_ODDS = 1e6;

/** From this share of the treatment on, what is foretold is more than twice too high. */
const LARGE_SHARE = 0.2;

/** The verdict in sentences: what was counted, what it proves, why it holds and what to do next. */
export function explain(
  findings: Findings,
  verdict: Verdict,
  reasons: readonly HoldReason[],
  requestsNeeded: number | null,
): string[] {
  const { errors, slow } = findings;
  const ofErrors = errors ? describe('errors', errors, findings) : [];
  const ofSlow = slow ? describe('slow', slow, findings) : [];
  // What proves harm comes first: who reads one sentence alone must read that one.
  const isSlowFirst = slow?.result.harm === true && errors?.result.harm !== true;
  const sentences = isSlowFirst ? [...ofSlow, ...ofErrors] : [...ofErrors, ...ofSlow];
  sentences.push(...reasons.flatMap((reason) => why(reason, findings)));
  if (verdict === 'roll-back') sentences.push('Harm is proven: roll back.', ...caveats(findings));
  if (verdict === 'roll-forward') sentences.push('Every guardrail is proven safe: go on.');
  const contradicted = contradictions(findings, verdict);
  sentences.push(...contradicted);
  if (reasons.includes('inconclusive') && errors && contradicted.length === 0) {
    sentences.push(next(requestsNeeded, findings));
  }
  sentences.push(...methodOf(findings));
  if (findings.sampleRatio?.isMismatch === false) {
    sentences.push(`Units follow their allocation: ${odds(findings.sampleRatio.logE)} against it.`);
  }
  return sentences;
}

/** Where requests say what units do not. */
function contradictions({ errors, slow }: Findings, verdict: Verdict): string[] {
  if (verdict !== 'hold') return [];
  const events = [
    ['failures', errors],
    ['slow requests', slow],
  ] as const;
  return events.flatMap(([kind, finding]) => {
    const totals = finding?.harmByRequests;
    if (!totals) return [];
    return [
      `Taken by requests, ${kind} prove harm: control ${formatCount(totals.controlEvents)} of ${formatCount(totals.controlRequests)}, ` +
        `treatment ${formatCount(totals.treatmentEvents)} of ${formatCount(totals.treatmentRequests)}. Units do not show it: few users ` +
        'make most of them, or requests without a targeting key do. Find out which before you go on.',
    ];
  });
}

/** What the verdict leans on. */
function methodOf({ errors, slow, evidence }: Findings): string[] {
  const { units } = evidence;
  const condition =
    'valid only where each request is assigned by itself, not where users keep their variant.';
  if (units === null) return [`Judged by requests: ${condition}`];
  const sentences = [
    'Judged by units in 16 buckets, each left out once: what is said holds whichever of them is missing, so no single user decides.',
  ];
  if (errors?.result.method === 'units') {
    sentences.push('Units that failed are counted one by one as further evidence of harm.');
  }
  if (slow?.result.method === 'requests') {
    sentences.push(`Slow requests are judged by requests, as no units are counted for them: ${condition}`);
  }
  if (units.operationsPerUnit === Number.POSITIVE_INFINITY) {
    sentences.push(
      'How many units there are is unknown: only the ratio can prove safety, not the extra failures per 1,000.',
    );
  }
  return sentences;
}

/** Counts, evidence of harm, ratio and evidence of safety of one guardrail. */
function describe(event: 'errors' | 'slow', finding: Finding, findings: Findings): string[] {
  const { result, totals } = finding;
  const { parameters } = findings.evidence;
  const errors = event === 'errors';
  const nullRatio = errors ? parameters.harmErrors : parameters.harmSlow;
  const margin = errors ? parameters.marginErrors : parameters.marginSlow;
  const extra = errors ? parameters.extraErrors : parameters.extraSlow;
  const guardrails = parameters.slowThreshold === null ? 1 : 2;
  const control = `${formatCount(totals.controlEvents)} of ${formatCount(totals.controlRequests)}`;
  const treatment = `${formatCount(totals.treatmentEvents)} of ${formatCount(totals.treatmentRequests)}`;
  const counted = errors
    ? `control failed ${control}, treatment ${treatment}`
    : `control was slower than ${digits(parameters.slowThreshold ?? 0)} s in ${control}, treatment in ${treatment}`;
  const against = nullRatio === 1 ? 'against chance' : `against a ratio of ${digits(nullRatio)} or less`;
  const toHarm = `${odds(Math.log(guardrails / parameters.alphaHarm))} would prove harm`;
  const harm =
    result.logEHarm <= 0
      ? 'no evidence of harm'
      : result.harm
        ? `${odds(result.logEHarm)} ${against}`
        : // Down: what falls short of the odds that are asked must not read like them.
          `${odds(result.logEHarm, Math.floor)} ${against} (${toHarm})`;
  const kind = errors ? 'failures' : 'slow requests';
  const bound = `a ratio below ${digits(margin)} or fewer than ${digits(extra * 1000)} extra ${kind} per 1,000`;
  const safe = result.safe
    ? `proven safe, ${odds(result.logESafe)} for ${bound}`
    : `not proven safe: that takes ${odds(-Math.log(parameters.alphaSafe))} for ${bound}`;
  const name = errors ? 'Errors' : 'Slow requests';
  return [`${counted}: ${harm}.`, `${name}: ${interval(finding)}; ${safe}.`];
}

function interval({ result }: Finding): string {
  const { ratio, low, high } = result;
  const value = ratio === null ? 'ratio unknown, as control has none' : `ratio ${digits(ratio)}`;
  if (high === null && low === 0) return `${value}, not bounded yet`;
  if (high === null) return `${value}, at least ${digits(low)}`;
  return `${value}, between ${digits(low)} and ${digits(high)}`;
}

function why(reason: HoldReason, findings: Findings): string[] {
  const { evidence, errors, slow, pairedRequests, unpairedShare, uncountedShare } = findings;
  const { parameters, elapsedSeconds } = evidence;
  const { minRequests, minSeconds, slowThreshold } = parameters;
  switch (reason) {
    case 'insufficient':
      if (errors === null) {
        return ['No epoch, block and service version has requests of both variants: nothing to compare.'];
      }
      return slow === null && slowThreshold !== null
        ? ['No durations are counted against the slow threshold yet: the slow guardrail has no data.']
        : [];
    case 'sample-ratio':
      return mismatch(findings);
    case 'unpaired':
      return [
        ...(unpairedShare > UNPAIRED_LIMIT
          ? [
              `${percent(unpairedShare)} of the treatment's requests have no control beside them: give both variants traffic at the same time and in the same service version.`,
            ]
          : []),
        ...(uncountedShare > UNPAIRED_LIMIT
          ? [
              `${percent(uncountedShare)} of the treatment's requests are of versions in which no units of both variants are counted, and are not seen by units.`,
            ]
          : []),
      ];
    case 'incomplete':
      return ['Telemetry is incomplete: find out what was lost, then look again.'];
    case 'overflow':
      return ['The backend folded series together for want of room: raise its limit, then look again.'];
    case 'too-early': {
      const early: string[] = [];
      if (pairedRequests < minRequests) {
        early.push(
          `Too early: ${formatCount(pairedRequests)} of at least ${formatCount(minRequests)} requests.`,
        );
      }
      if ((elapsedSeconds ?? 0) < minSeconds) {
        const passed = elapsedSeconds === null ? 'an unknown time' : `${formatCount(elapsedSeconds)} s`;
        early.push(`Too early: ${passed} of at least ${formatCount(minSeconds)} s.`);
      }
      return early;
    }
    case 'inconclusive':
      return errors === null ? [] : ['Neither harm nor safety is proven yet: hold and look again.'];
  }
}

/** Which variant has too many units, and what that means. */
function mismatch({ sampleRatio }: Findings): string[] {
  if (sampleRatio === null) return [];
  const { logE, unexpected, units } = sampleRatio;
  const sentences: string[] = [];
  if (unexpected.length > 0) {
    const all = unexpected.map((variant) => `${variant} ${formatCount(units.get(variant)?.exposed ?? 0)}`);
    sentences.push(`Units saw variants that the allocation gives to nobody: ${all.join(', ')}.`);
  }
  const seen = [...units].map(
    ([variant, { exposed, expected }]) =>
      `${variant} ${formatCount(exposed)} (${formatCount(Math.round(expected))} expected)`,
  );
  if (logE > 0) {
    sentences.push(
      `The units do not follow the allocation, ${odds(logE)} against chance: ${seen.join(', ')}.`,
    );
  }
  sentences.push(
    'Find out who is missing before you believe any comparison: a redirect, a crash, a bot, a cache.',
  );
  return sentences;
}

/** What is wrong beside proven harm: it does not change the verdict, but whoever reads it should know. */
function caveats(findings: Findings): string[] {
  const reasons: HoldReason[] = [];
  if (findings.sampleRatio?.isMismatch === true) reasons.push('sample-ratio');
  if (Math.max(findings.unpairedShare, findings.uncountedShare) > UNPAIRED_LIMIT) reasons.push('unpaired');
  if (!findings.evidence.complete) reasons.push('incomplete');
  if (findings.evidence.overflow) reasons.push('overflow');
  return reasons.flatMap((reason) => why(reason, findings));
}

function next(requestsNeeded: number | null, { errors, slow, evidence }: Findings): string {
  if (requestsNeeded === 0) return 'No more requests are needed for safety.';
  if (requestsNeeded !== null) {
    const about = formatCount(Number(requestsNeeded.toPrecision(2)));
    // What is foretold errs on the high side at a large share: see `expectedSafetyGains`.
    return shareOf(errors) < LARGE_SHARE
      ? `If there is no effect, safety takes about ${about} more requests at this share, half to threefold.`
      : `If there is no effect, safety takes at most about ${about} more requests at this share, often a small part of that.`;
  }
  if (slow === null && evidence.parameters.slowThreshold !== null) {
    return 'How many more requests safety takes is unknown until durations are counted.';
  }
  return 'No number of requests would prove safety within these margins: widen a margin, or decide yourself.';
}

/** Treatment's share of what was counted. */
function shareOf(finding: Finding | null): number {
  if (finding === null) return 0;
  const { treatmentRequests, controlRequests } = finding.totals;
  return treatmentRequests / (treatmentRequests + controlRequests);
}

/** Odds to one, from a natural logarithm. */
function odds(ln: number, round: (value: number) => number = Math.round): string {
  if (ln > Math.log(LARGEST_ODDS)) return `more than ${formatCount(LARGEST_ODDS)} to 1`;
  const value = Math.exp(ln);
  return `${value < 10 ? digits(round(value * 100) / 100) : formatCount(round(value))} to 1`;
}

/** A number with its thousands apart; no locale, so that a verdict reads the same anywhere. */
export function formatCount(value: number): string {
  const [whole = '', ...fraction] = String(value).split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.');
}

function digits(value: number): string {
  return formatCount(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${digits(share * 100)} %`;
}
