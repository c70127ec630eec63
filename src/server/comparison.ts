import type { EvidenceUse, Source, Window } from '../sources/source.js';
import { type EpochUnits, type Evidence, type Judgement, judge } from '../stats/index.js';
import type { ChangeHistory } from './change-history.js';
import { type ChangeDocument, changeDocument } from './change-log.js';
import { notes, type Treatment } from './evidence.js';
import { evidenceNotes } from './evidence-use.js';
import { frameComparison } from './frame.js';
import type { ComparisonParameters } from './parameters.js';
import { isoWindow } from './release.js';
import { readSample } from './sample.js';
import type { Sample } from './sample-result.js';
import { chooseTreatments, treatmentEvidence } from './treatments.js';
import { readUnits, type SeenUnits } from './units.js';
import { summariseVariants, type VariantSummary } from './variants.js';

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
  /** Which units were tested against the allocation; null: none. */
  readonly sampleRatioTest: SampleRatioTest | null;
  /** What the source cannot give, in sentences; every comparison says it too. */
  readonly cannot: readonly string[];
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

/** Units first exposed in each epoch against its allocation, and what was not tested. */
export interface SampleRatioTest {
  readonly by: (Sample & { kind: 'counted' })['by'];
  readonly tested: readonly ({ readonly from: string; readonly to: string } & EpochUnits)[];
  readonly untested: readonly { readonly from: string; readonly to: string; readonly why: string }[];
}

/** What a comparison hands out beside the verdicts, and what else it asks. */
export interface Extras {
  readonly evidence: boolean;
  /** Absent: no changes are known. */
  readonly changes?: ChangeHistory;
}

const SHOWN_CHANGES = 5;

/**
 * Compares a flag's variants with its control.
 *
 * @param now Unix seconds: the end of the window, where `until` is not given
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
  const frame = await frameComparison(source, flag, parameters, now, extras.changes);
  const { release, selection, epochs, threshold, cut } = frame;
  const { control, timeline, window, changes, evidence } = release;
  const [counts, latencies] = await Promise.all([
    source.counts(selection, window, cut),
    source.latencies(selection, window),
  ]);
  const [units, sample] = await Promise.all([
    readUnits(source, selection, window, cut, counts, epochs),
    readSample(source, selection, release, parameters, counts, epochs),
  ]);
  const variants = summariseVariants(counts, latencies, control, parameters, units?.distinct ?? []);
  const treatments = chooseTreatments(
    variants.map(({ variant }) => variant).filter((variant) => variant !== control),
    control,
    parameters.treatment,
  );
  return {
    flag,
    control,
    window: isoWindow(window),
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
    sampleRatioTest: sampleRatioTest(sample),
    cannot: source.cannot,
  };
}

function compareTreatment(
  input: Treatment,
  { units, sample, unknown }: { units: SeenUnits | null; sample: Sample; unknown: readonly string[] },
  extras: Extras,
): TreatmentComparison {
  const { treatment, threshold } = input;
  const { evidence, notes: unitNotes } = treatmentEvidence(input, units, sample);
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
      ...unitNotes,
      ...(sample.kind === 'unknown' ? [sample.why] : []),
      ...notes(input),
      ...unknown,
    ],
    ...(extras.evidence ? { evidence } : {}),
  };
}

function sampleRatioTest(sample: Sample): SampleRatioTest | null {
  if (sample.kind !== 'counted') return null;
  const dated = <T extends Window>(time: T) => ({ ...time, ...isoWindow(time) });
  return { by: sample.by, tested: sample.tested.map(dated), untested: sample.untested.map(dated) };
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
