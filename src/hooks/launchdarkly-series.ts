import type { integrations, LDEvaluationDetail } from '@launchdarkly/node-server-sdk';
import type { Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import { canonicalKey } from './launchdarkly-context.js';
import { toEvaluation } from './launchdarkly-evaluation.js';
import type { VariationNames } from './launchdarkly-variations.js';

type AfterEvaluation = NonNullable<integrations.Hook['afterEvaluation']>;
/** What LaunchDarkly tells a hook of one evaluation, beside its result. */
export type SeriesContext = Parameters<AfterEvaluation>[0];
/** What a hook hands from one stage to the next. */
export type SeriesData = Parameters<AfterEvaluation>[1];

/** What LaunchDarkly calls our hooks in its log. */
export const METADATA = { name: 'telltale' };

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
