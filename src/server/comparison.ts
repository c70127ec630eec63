import type { Selection, Source } from '../sources/source.js';
import { type Judgement, judge } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { evidenceOf, isVariant, notes, type Treatment } from './evidence.js';
import type { ComparisonParameters } from './parameters.js';
import { releaseStart } from './release-start.js';
import { slowThreshold } from './slow-threshold.js';
import { summariseVariants, type VariantSummary } from './variants.js';

/** How far back a comparison without `since` looks for its beginning. */
export const LOOK_BACK_SECONDS: number = 7 * 86_400;

/** The document of `compare --json` and of the API. Durations are seconds, times ISO 8601. */
export interface Comparison {
  readonly flag: string;
  readonly control: string;
  readonly window: { readonly from: string; readonly to: string };
  /** What slow means, and where that comes from; null before the control has a request. */
  readonly slowThreshold: {
    readonly seconds: number;
    readonly asked: number | null;
    readonly origin: string;
  } | null;
  readonly variants: readonly VariantSummary[];
  readonly comparisons: readonly TreatmentComparison[];
}

export interface GuardrailSummary {
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly logEHarm: number | null;
  readonly logESafe: number | null;
}

export interface TreatmentComparison {
  readonly treatment: string;
  readonly errors: GuardrailSummary;
  readonly slow: GuardrailSummary & { readonly threshold: number | null };
  readonly verdict: Judgement['verdict'];
  readonly reasons: Judgement['reasons'];
  readonly requestsNeeded: number | null;
  /** The verdict in sentences. */
  readonly explanation: readonly string[];
}

const CONTROL_NAMES = ['off', 'control', 'false', 'baseline'];

/**
 * Compares a flag's variants with its control.
 *
 * @param now Unix seconds: the end of the window
 * @throws BackendError `unknown-flag` where no operation evaluated the flag, `bad-request` where the control
 *   is not one of its variants
 */
export async function compareFlag(
  source: Source,
  flag: string,
  parameters: ComparisonParameters,
  now: number,
): Promise<Comparison> {
  const selection: Selection = {
    flag,
    service: parameters.service,
    environment: parameters.env,
    route: parameters.route,
  };
  const lookBack = { from: parameters.since ?? now - LOOK_BACK_SECONDS, to: now };
  const traffic = await source.flags(lookBack, { service: parameters.service, environment: parameters.env });
  const seen = traffic.find((entry) => entry.flag === flag);
  if (seen === undefined)
    throw unknownFlag(
      flag,
      traffic.map((entry) => entry.flag),
      parameters,
    );

  const requests = new Map(seen.variants.map(({ variant, ...by }) => [variant, by.assigned + by.default]));
  const control = chooseControl(requests, parameters.control);
  const timeline = await source.timeline(selection, lookBack);
  const from = parameters.since ?? releaseStart(timeline, control) ?? timeline[0]?.block ?? lookBack.from;
  const window = { from, to: now };

  const threshold = await slowThreshold(source, selection, control, window, parameters.slow);
  const counts = await source.counts(selection, window, {
    edgeIndex: threshold?.edge.index ?? 0,
    calibratedUntil: threshold?.calibratedUntil ?? 0,
  });
  const latencies = await source.latencies(selection, window);
  const variants = summariseVariants(counts, latencies, requests.keys(), parameters);
  const treatments = variants.map(({ variant }) => variant).filter((variant) => variant !== control);
  return {
    flag,
    control,
    window: { from: iso(window.from), to: iso(window.to) },
    slowThreshold: threshold
      ? { seconds: threshold.edge.edge, asked: parameters.slow?.asked ?? null, origin: threshold.origin }
      : null,
    variants,
    comparisons: treatments.map((treatment) =>
      compareTreatment({ flag, control, treatment, parameters, window, timeline, threshold, counts }),
    ),
  };
}

function chooseControl(requests: ReadonlyMap<string, number>, asked: string | undefined): string {
  const known = [...requests.keys()].filter(isVariant);
  if (asked !== undefined) {
    if (known.includes(asked)) return asked;
    throw new BackendError(
      'bad-request',
      `control must be a variant that was seen: ${known.join(', ') || 'none was'}; it is ${JSON.stringify(asked)}.`,
    );
  }
  const named = CONTROL_NAMES.find((name) => known.includes(name));
  const [most] = known.sort((a, b) => (requests.get(b) ?? 0) - (requests.get(a) ?? 0));
  return named ?? most ?? '';
}

function compareTreatment(input: Treatment): TreatmentComparison {
  const { control, treatment, threshold, counts } = input;
  const judgement = judge(evidenceOf(input));
  const { errors, slow } = judgement;
  const calibrated = threshold !== undefined && threshold.origin !== 'not-yet';
  return {
    treatment,
    errors: guardrail(errors),
    slow: { threshold: calibrated ? threshold.edge.edge : null, ...guardrail(slow) },
    verdict: judgement.verdict,
    reasons: judgement.reasons,
    requestsNeeded: judgement.requestsNeeded,
    explanation: [...judgement.explanation, ...notes(control, treatment, threshold, counts)],
  };
}

function guardrail(result: GuardrailSummary | null): GuardrailSummary {
  return {
    ratio: result?.ratio ?? null,
    low: result?.low ?? null,
    high: result?.high ?? null,
    logEHarm: result?.logEHarm ?? null,
    logESafe: result?.logESafe ?? null,
  };
}

function unknownFlag(flag: string, seen: readonly string[], parameters: ComparisonParameters): BackendError {
  const where = [
    parameters.service === undefined ? '' : ` in service ${parameters.service}`,
    parameters.env === undefined ? '' : ` in environment ${parameters.env}`,
    parameters.since === undefined ? ' in the last 7 days' : ` since ${iso(parameters.since)}`,
  ].join('');
  const list =
    seen.length === 0
      ? 'No flag was seen at all: does the application export metrics to this backend?'
      : `Seen were: ${seen.slice(0, 20).join(', ')}${seen.length > 20 ? ` and ${seen.length - 20} more` : ''}.`;
  return new BackendError(
    'unknown-flag',
    `No operation evaluated the flag ${JSON.stringify(flag)}${where}. ${list}`,
  );
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
