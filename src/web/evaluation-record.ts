import type { Attributes, Context, Logger } from '@opentelemetry/api';
import type { Evaluation } from '../core/evaluation.js';
import { MAX_TEXT_LENGTH } from '../core/limits.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_FEATURE_FLAG_ERROR_MESSAGE,
  ATTR_FEATURE_FLAG_KEY,
  ATTR_FEATURE_FLAG_PROVIDER_NAME,
  ATTR_FEATURE_FLAG_RESULT_REASON,
  ATTR_FEATURE_FLAG_RESULT_VALUE,
  ATTR_FEATURE_FLAG_RESULT_VARIANT,
  ATTR_FEATURE_FLAG_SET_ID,
  ATTR_FEATURE_FLAG_VERSION,
  EVENT_FEATURE_FLAG_EVALUATION,
} from '../core/semconv.js';
import { writtenValue } from '../core/written-value.js';
import type { RecordOptions } from './record-options.js';

/**
 * Emits one `feature_flag.evaluation` record in the context `active`. It has no unit: who it is may not be written in
 * the clear, and a salt in a page is no secret.
 *
 * @param variant As it is written.
 */
export function emitEvaluationRecord(
  logger: Logger,
  evaluation: Evaluation,
  variant: string | undefined,
  { values, errorMessages }: RecordOptions,
  active: Context,
): void {
  const { key, reason, provider, errorType, setId, version, value, errorMessage } = evaluation;
  const known: Record<string, Attributes[string] | undefined> = {
    [ATTR_FEATURE_FLAG_KEY]: key,
    [ATTR_FEATURE_FLAG_RESULT_VARIANT]: variant,
    [ATTR_FEATURE_FLAG_RESULT_REASON]: reason,
    [ATTR_FEATURE_FLAG_PROVIDER_NAME]: provider,
    [ATTR_ERROR_TYPE]: errorType,
    [ATTR_FEATURE_FLAG_SET_ID]: setId,
    [ATTR_FEATURE_FLAG_VERSION]: version,
    [ATTR_FEATURE_FLAG_RESULT_VALUE]: values ? writtenValue(value) : undefined,
    [ATTR_FEATURE_FLAG_ERROR_MESSAGE]: errorMessages ? errorMessage?.slice(0, MAX_TEXT_LENGTH) : undefined,
  };
  const attributes = Object.fromEntries(Object.entries(known).filter(([, given]) => given !== undefined));
  logger.emit({ eventName: EVENT_FEATURE_FLAG_EVALUATION, attributes, context: active });
}
