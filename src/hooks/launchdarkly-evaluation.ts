import type { integrations, LDEvaluationDetail, LDEvaluationReason } from '@launchdarkly/node-server-sdk';
import type { Evaluation } from '../core/evaluation.js';
import { ERROR_TYPE_OTHER } from '../core/semconv.js';
import { capped, lowerCase, textOf } from '../core/words.js';
import { canonicalKey } from './launchdarkly-context.js';
import { LAUNCHDARKLY_ASSIGNMENTS, LAUNCHDARKLY_ERRORS, semconvReason } from './launchdarkly-reasons.js';
import type { VariationNames } from './launchdarkly-variations.js';
import { resultVariant } from './result-variant.js';

type AfterEvaluation = NonNullable<integrations.Hook['afterEvaluation']>;
/** What LaunchDarkly tells a hook of one evaluation, beside its result. */
export type SeriesContext = Parameters<AfterEvaluation>[0];
/** What a hook hands from one stage to the next. */
export type SeriesData = Parameters<AfterEvaluation>[1];
/** The result of one evaluation. States have a reason only where they were asked for it. */
export type Result = Pick<LDEvaluationDetail, 'value'> & {
  readonly variationIndex?: number | null | undefined;
  readonly reason: LDEvaluationReason | undefined;
};

/** What LaunchDarkly calls our hooks in its log. */
export const METADATA = { name: 'telltale' };

const NO_REASON = {};

/** As LaunchDarkly's own hooks name it. */
const PROVIDER = 'LaunchDarkly';

/** The last evaluation that a hook of ours was told of; no other one is kept. */
let last: SeriesContext | undefined;

/** What a hook is told as it is written, once for each evaluation, however many hooks of ours the client has. */
export function toSeriesEvaluation(
  series: SeriesContext,
  detail: LDEvaluationDetail,
  names: VariationNames | undefined,
): Evaluation | undefined {
  // LaunchDarkly tells all hooks of one evaluation in one go, with an object of its own. A mark on that object would
  // cost a tenth of what a repeated evaluation does.
  if (series === last) return undefined;
  last = series;
  return toEvaluation(series.flagKey, detail, names, {
    setId: textOf(series.environmentId),
    // The SDK knows the flag's version and tells no hook.
    version: undefined,
    targetingKey: canonicalKey(series.context),
  });
}

/** One result as it is written; `undefined` where the application named no flag. */
export function toEvaluation(
  flagKey: unknown,
  result: Result,
  names: VariationNames | undefined,
  { setId, version, targetingKey }: Pick<Evaluation, 'setId' | 'version' | 'targetingKey'>,
): Evaluation | undefined {
  const key = textOf(flagKey);
  if (key === undefined) return undefined;
  const { value, variationIndex, reason } = result;
  const { kind, inExperiment, errorKind }: Partial<LDEvaluationReason> = reason ?? NO_REASON;
  return {
    key,
    variant: resultVariant(variationName(names?.get(key), variationIndex), value),
    reason: kind === undefined ? 'unknown' : (semconvReason(kind, inExperiment === true) ?? lowerCase(kind)),
    assignment: kind === 'ERROR' ? 'error' : (LAUNCHDARKLY_ASSIGNMENTS.get(kind ?? '') ?? 'assigned'),
    provider: PROVIDER,
    setId: setId === undefined ? undefined : capped(setId),
    version,
    errorType: kind === 'ERROR' ? errorType(errorKind) : undefined,
    // LaunchDarkly logs the message and hands it to nobody.
    errorMessage: undefined,
    value,
    targetingKey: targetingKey || undefined,
  };
}

/** The name of a variation, or its index where nobody gave it a name. */
function variationName(
  names: readonly string[] | undefined,
  index: number | null | undefined,
): string | undefined {
  return typeof index === 'number' ? (names?.[index] ?? String(index)) : undefined;
}

function errorType(errorKind: string | undefined): string {
  if (!errorKind) return ERROR_TYPE_OTHER;
  return LAUNCHDARKLY_ERRORS.get(errorKind) ?? lowerCase(errorKind);
}
