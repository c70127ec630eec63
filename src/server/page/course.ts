import { setImmediate as nextTurn } from 'node:timers/promises';
import { isCompared } from '../../sources/compared.js';
import type { Count } from '../../sources/source.js';
import { type GuardrailResult, judge, type Verdict } from '../../stats/index.js';
import { BackendError } from '../../store/backend-error.js';
import { changeDocument } from '../change-log.js';
import { type Frame, frameComparison } from '../frame.js';
import { type ComparisonParameters, readComparisonParameters } from '../parameters.js';
import { iso, isoWindow } from '../release.js';
import { chooseTreatments, treatmentEvidence } from '../treatments.js';
import { percentiles, summariseVariants } from '../variants.js';
import { readSteps, type SeenSteps } from './course-steps.js';
import type { CourseComparison, CourseDocument, CourseVariant, RatioInterval } from './documents.js';
import type { CompareParts } from './latency.js';
import { roundMoments } from './moments.js';

const STEPS = { least: 2, most: 240, usual: 60 };

/**
 * How a comparison went: what was counted in each step, and what the verdict was at its end, of which the last is that of
 * the comparison with the same parameters. Whether units follow the allocation is taken as it is known at the end.
 *
 * @param now Unix seconds
 * @throws BackendError as a comparison does, and `bad-request` where `steps` is no number of them
 */
export async function courseDocument(
  { source, changes }: CompareParts,
  flag: string,
  query: URLSearchParams,
  now: number,
): Promise<CourseDocument> {
  const most = takeSteps(query);
  const parameters = readComparisonParameters(query, now);
  const frame = await frameComparison(source, flag, parameters, now, changes);
  const { release, threshold } = frame;
  const { window, control } = release;
  const moments = roundMoments(window, most, source.stepSeconds);
  const seen = await readSteps(source, frame, parameters, moments);
  const variants = summariseVariants(seen.all, [], control, parameters, []).map(({ variant }) => variant);
  const others = variants.filter((variant) => variant !== control);
  const treatments = chooseTreatments(others, control, parameters.treatment);
  return {
    window: isoWindow(window),
    control,
    slowThreshold: threshold.origin === 'not-yet' ? null : threshold.edge.edge,
    moments: moments.map(iso),
    variants: variants.map((variant) => courseOf(variant, seen, frame)),
    comparisons: await verdictsOf({ flag, treatments, parameters }, frame, seen),
    changes: release.changes
      .filter(({ time }) => time >= window.from)
      .map(changeDocument)
      .reverse(),
    cannot:
      seen.latencies === null
        ? `This store is asked for counts of ${source.stepSeconds / 60} minutes at least, and for no percentiles over time.`
        : null,
  };
}

/** It is no parameter of the comparison. */
function takeSteps(query: URLSearchParams): number {
  const given = query.getAll('steps');
  query.delete('steps');
  if (given.length === 0) return STEPS.usual;
  const steps = given.length === 1 && /^\d+$/.test(given[0] ?? '') ? Number(given[0]) : Number.NaN;
  if (steps >= STEPS.least && steps <= STEPS.most) return steps;
  throw new BackendError(
    'bad-request',
    `steps must be a whole number from ${STEPS.least} to ${STEPS.most}, once; it is ${given.map((text) => JSON.stringify(text.slice(0, 60))).join(', ')}.`,
  );
}

function courseOf(variant: string, { counts, latencies }: SeenSteps, { threshold }: Frame): CourseVariant {
  const own = counts.map((step) => step.filter((count) => isCompared(count) && count.variant === variant));
  const sums = (of: (count: Count) => number): number[] =>
    own.map((step) => step.reduce((sum, count) => sum + of(count), 0));
  const isSlowKnown = ({ block, unresolved }: Count): boolean =>
    unresolved === 0 && block >= threshold.calibratedUntil;
  const slow = sums((count) => count.slow);
  const shown = counts.map((_, step) => {
    const latency = latencies?.[step]?.find((one) => one.variant === variant);
    return percentiles(latency?.histogram);
  });
  return {
    variant,
    requests: sums(({ requests }) => requests),
    errors: sums(({ errors }) => errors),
    slow: own.map((step, i) => (step.every(isSlowKnown) ? (slow[i] ?? 0) : null)),
    p50: shown.map(({ p50 }) => p50),
    p95: shown.map(({ p95 }) => p95),
    p99: shown.map(({ p99 }) => p99),
  };
}

/**
 * The verdicts at each moment, of what had come by then. One takes up to a second over a week of many versions: between two
 * of them the backend answers others.
 */
async function verdictsOf(
  {
    treatments,
    ...asked
  }: {
    readonly flag: string;
    readonly treatments: readonly string[];
    readonly parameters: ComparisonParameters;
  },
  { release, threshold, epochs }: Frame,
  seen: SeenSteps,
): Promise<CourseComparison[]> {
  const { control, timeline, window } = release;
  const verdicts = treatments.map((treatment) => ({
    treatment,
    verdict: [] as Verdict[],
    errors: [] as RatioInterval[],
    slow: [] as RatioInterval[],
  }));
  for (const [step, to] of seen.moments.entries()) {
    const { counts, units } = seen.until(step);
    const input = {
      ...{ ...asked, control, threshold, epochs, counts },
      window: { from: window.from, to },
      timeline: timeline.filter(({ firstSeen }) => firstSeen <= to),
    };
    for (const { treatment, verdict, errors, slow } of verdicts) {
      await nextTurn();
      const judgement = judge(treatmentEvidence({ ...input, treatment }, units, seen.sample).evidence);
      verdict.push(judgement.verdict);
      errors.push(interval(judgement.errors));
      slow.push(interval(judgement.slow));
    }
  }
  return verdicts;
}

function interval(result: GuardrailResult | null): RatioInterval {
  return { ratio: result?.ratio ?? null, low: result?.low ?? null, high: result?.high ?? null };
}
