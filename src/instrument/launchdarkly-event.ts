import type { Attributes, Span } from '@opentelemetry/api';
import type { Evaluation } from '../core/evaluation.js';
import {
  ATTR_FEATURE_FLAG_CONTEXT_ID,
  ATTR_FEATURE_FLAG_KEY,
  ATTR_FEATURE_FLAG_PROVIDER_NAME,
  ATTR_FEATURE_FLAG_RESULT_VARIANT,
  ATTR_FEATURE_FLAG_SET_ID,
  EVENT_LAUNCHDARKLY,
} from '../core/semconv.js';

/** As LaunchDarkly's TracingHook 1.3 names it; not in the semantic conventions. */
const ATTR_VARIATION_INDEX = 'feature_flag.result.variationIndex';

/** Adds the span event of LaunchDarkly's hooks to the entry span, where its and other trace-only backends look. */
export function addLaunchDarklyEvent(
  span: Span | undefined,
  evaluation: Evaluation,
  variant: string | undefined,
  unitId: string | undefined,
): void {
  if (span === undefined || !span.isRecording()) return;
  const attributes: Attributes = { [ATTR_FEATURE_FLAG_KEY]: evaluation.key };
  if (evaluation.provider !== undefined) attributes[ATTR_FEATURE_FLAG_PROVIDER_NAME] = evaluation.provider;
  if (evaluation.setId !== undefined) attributes[ATTR_FEATURE_FLAG_SET_ID] = evaluation.setId;
  if (unitId !== undefined) attributes[ATTR_FEATURE_FLAG_CONTEXT_ID] = unitId;
  if (variant !== undefined) {
    attributes[ATTR_FEATURE_FLAG_RESULT_VARIANT] = variant;
    if (/^\d{1,9}$/.test(variant)) attributes[ATTR_VARIATION_INDEX] = Number(variant);
  }
  span.addEvent(EVENT_LAUNCHDARKLY, attributes);
}
