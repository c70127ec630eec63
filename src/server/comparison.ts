import { isVariant } from '../sources/compared.js';
import type { EvidenceUse, Selection, Source } from '../sources/source.js';
import { type Evidence, type Judgement, judge } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import type { ChangeHistory } from './change-history.js';
import { type ChangeDocument, changeDocument } from './change-log.js';
import { withNames } from './change-shares.js';
import { epochsOf } from './epochs.js';
import { evidenceOf, notes, type Treatment } from './evidence.js';
import { evidenceNotes } from './evidence-use.js';
import type { ComparisonParameters } from './parameters.js';
import { comparisonStart } from './release-start.js';
import { readSample, type Sample } from './sample.js';
import { slowThreshold } from './slow-threshold.js';
import { readUnits, type SeenUnits, withUnits } from './units.js';
import { summariseVariants, type VariantSummary } from './variants.js';

/** How far back a comparison without `since` looks for its beginning. */
export const LOOK_BACK_SECONDS: number = 7 * 86_400;

/** The document of `compare --json` and of the API. Durations are seconds, times ISO 8601. */
export interface Comparison {
  readonly flag: string;
  readonly control: string;
  readonly window: { readonly from: string; readonly to: string };
  /** What operations are counted from, by service. */
  readonly evidence: readonly EvidenceUse[];
  /** What slow means, and where that comes from; null until it is fixed. */
  readonly slowThreshold: {
    readonly seconds: number;
    readonly asked: number | null;
    readonly origin: string;
  } | null;
  readonly variants: readonly VariantSummary[];
  /** The last changes of the flag, and deployments of its services, newest first, from before the window too. */
  readonly changes: readonly ChangeDocument[];
  readonly comparisons: readonly TreatmentComparison[];
}

export interface GuardrailSummary {
  /** What was taken as independent; null where nothing is compared. */
  readonly method: Judgement['method'] | null;
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
  /** ln e-value against the units following `allocation`; null: not tested. */
  readonly sampleRatio: number | null;
  /** The verdict in sentences. */
  readonly explanation: readonly string[];
  /** Where it was asked for, what the verdict was computed from: `telltale verdict` gives the same of it. */
  readonly evidence?: Evidence;
}

/** What a comparison hands out beside the verdicts, and what else it asks. */
export interface Extras {
  readonly evidence: boolean;
  /** Absent: no changes are known. */
  readonly changes?: ChangeHistory;
}

const SHOWN_CHANGES = 5;

/** What a share is held against where it moves as soon as the comparison begins. */
const SHARES_BEFORE_SECONDS = 3600;

const CONTROL_NAMES = ['off', 'control', 'false', 'baseline'];

/**
 * Compares a flag's variants with its control.
 *
 * @param now Unix seconds: the end of the window
 * @throws BackendError `unknown-flag` where no operation evaluated the flag, `unknown-treatment` where none
 *   had the treatment, `bad-request` where the control is not one of its variants
 */
export async function compareFlag(
  source: Source,
  flag: string,
  parameters: ComparisonParameters,
  now: number,
  extras: Extras = { evidence: false },
): Promise<Comparison> {
  const services = { service: parameters.service, environment: parameters.env };
  const asked: Selection = { ...services, flag, route: parameters.route };
  const lookBack = { from: parameters.since?.at ?? now - LOOK_BACK_SECONDS, to: now };
  const [[seen], timeline] = await Promise.all([
    source.flags(lookBack, { ...services, flag }),
    source.timeline(asked, lookBack),
  ]);
  if (seen === undefined) {
    const others = await source.flags(lookBack, services);
    throw unknownFlag(
      flag,
      others.map((entry) => entry.flag),
      parameters,
    );
  }

  const known = seen.variants.map(({ variant }) => variant).filter(isVariant);
  const control = chooseControl(known, parameters.control);
  // What was in force when the window begins was told before it.
  const past = { from: Math.min(lookBack.from, now - LOOK_BACK_SECONDS), to: now };
  const told = (await extras.changes?.told(flag, past)) ?? [];
  const named = told.map((change) => withNames(change, known));
  const from =
    parameters.since?.at ?? comparisonStart(timeline, named, control, parameters.env) ?? lookBack.from;
  const window = { from, to: now };
  const changes = (await extras.changes?.withSeen(named, flag, past, from - SHARES_BEFORE_SECONDS)) ?? named;
  const evidence = await source.evidence(asked, window);
  const selection = { ...asked, evidence };
  const epochs = epochsOf(changes, window);

  const threshold = await slowThreshold(source, selection, control, window, parameters.slow);
  const cut = {
    edgeIndex: threshold.edge.index,
    calibratedUntil: threshold.calibratedUntil,
    changes: epochs.cuts,
  };
  const [counts, latencies] = await Promise.all([
    source.counts(selection, window, cut),
    source.latencies(selection, window),
  ]);
  const [units, sample] = await Promise.all([
    readUnits(source, selection, window, cut, counts, epochs),
    readSample(source, selection, window, parameters, counts, changes, epochs),
  ]);
  const variants = summariseVariants(counts, latencies, control, parameters);
  const treatments = chooseTreatments(
    variants.map(({ variant }) => variant).filter((variant) => variant !== control),
    control,
    parameters.treatment,
  );
  return {
    flag,
    control,
    window: { from: iso(window.from), to: iso(window.to) },
    evidence,
    slowThreshold:
      threshold.origin === 'not-yet'
        ? null
        : { seconds: threshold.edge.edge, asked: parameters.slow?.asked ?? null, origin: threshold.origin },
    variants,
    changes: changes.slice(0, SHOWN_CHANGES).map(changeDocument),
    comparisons: treatments.map((treatment) =>
      compareTreatment(
        { flag, control, treatment, parameters, window, timeline, threshold, counts, epochs },
        { units, sample, unknown: [...evidenceNotes(evidence), ...source.cannot] },
        extras,
      ),
    ),
  };
}

function chooseControl(known: readonly string[], asked: string | undefined): string {
  if (asked !== undefined) {
    if (known.includes(asked)) return asked;
    throw new BackendError(
      'bad-request',
      `control must be a variant that was seen: ${known.join(', ') || 'none was'}; it is ${JSON.stringify(asked)}.`,
    );
  }
  const named = CONTROL_NAMES.find((name) => known.includes(name));
  if (named === undefined && known.length > 1) {
    // Guessed by traffic, the control would change sides when a ramp passes 50 %, and judge the old variant.
    throw new BackendError(
      'bad-request',
      `Which variant is the control? None of ${known.join(', ')} is called ${CONTROL_NAMES.join(', ')}: name it with control (--control VARIANT).`,
    );
  }
  return named ?? known[0] ?? '';
}

function chooseTreatments(
  others: readonly string[],
  control: string,
  asked: string | undefined,
): readonly string[] {
  if (asked === undefined) return others;
  if (others.includes(asked)) return [asked];
  if (asked === control) {
    throw new BackendError('bad-request', `treatment must be another variant than the control, ${control}.`);
  }
  throw new BackendError(
    'unknown-treatment',
    `No operation had the treatment ${JSON.stringify(asked)}. Seen beside the control ${control}: ${others.join(', ') || 'none'}.`,
  );
}

function compareTreatment(
  input: Treatment,
  { units, sample, unknown }: { units: SeenUnits | null; sample: Sample; unknown: readonly string[] },
  extras: Extras,
): TreatmentComparison {
  const { treatment, threshold } = input;
  const noted = withUnits(evidenceOf(input), input, units);
  const evidence = sample.kind === 'counted' ? { ...noted.evidence, epochs: sample.epochs } : noted.evidence;
  const judgement = judge(evidence);
  const { errors, slow } = judgement;
  return {
    treatment,
    errors: guardrail(errors),
    slow: { threshold: threshold.origin === 'not-yet' ? null : threshold.edge.edge, ...guardrail(slow) },
    verdict: judgement.verdict,
    reasons: judgement.reasons,
    requestsNeeded: judgement.requestsNeeded,
    sampleRatio: judgement.sampleRatio,
    explanation: [
      ...judgement.explanation,
      ...noted.notes,
      ...(sample.kind === 'unknown' ? [sample.why] : []),
      ...notes(input),
      ...unknown,
    ],
    ...(extras.evidence ? { evidence } : {}),
  };
}

function guardrail(result: GuardrailSummary | null): GuardrailSummary {
  return {
    method: result?.method ?? null,
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
    parameters.since === undefined ? ' in the last 7 days' : ` since ${iso(parameters.since.at)}`,
  ].join('');
  const list =
    seen.length === 0
      ? 'No flag was seen at all: does the application export its telemetry to this backend?'
      : `Seen were: ${seen.slice(0, 20).join(', ')}${seen.length > 20 ? ` and ${seen.length - 20} more` : ''}.`;
  return new BackendError(
    'unknown-flag',
    `No operation evaluated the flag ${JSON.stringify(flag)}${where}. ${list}`,
  );
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
