import type { Attributes, Context } from '@opentelemetry/api';
import type { Evaluation } from '../core/evaluation.js';
import { MAX_TEXT_LENGTH } from '../core/limits.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_FEATURE_FLAG_CONTEXT_ID,
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
import { currentLogger } from './loggers.js';
import type { RecordOptions } from './record-options.js';

/**
 * Emits one `feature_flag.evaluation` record in the active context `active`, where a LoggerProvider wants it.
 *
 * @param unitId What is written for the unit, if anything.
 */
export function emitEvaluationRecord(
  evaluation: Evaluation,
  variant: string | undefined,
  unitId: string | undefined,
  options: RecordOptions,
  active: Context,
): void {
  const logger = currentLogger(EVENT_FEATURE_FLAG_EVALUATION);
  if (logger === undefined) return;
  const attributes = recordAttributes(evaluation, variant);
  if (unitId !== undefined) attributes[ATTR_FEATURE_FLAG_CONTEXT_ID] = unitId;
  const value = options.values ? writtenValue(evaluation.value) : undefined;
  if (value !== undefined) attributes[ATTR_FEATURE_FLAG_RESULT_VALUE] = value;
  if (options.errorMessages && evaluation.errorMessage !== undefined) {
    attributes[ATTR_FEATURE_FLAG_ERROR_MESSAGE] = evaluation.errorMessage.slice(0, MAX_TEXT_LENGTH);
  }
  // The SDK would look for the active context itself, several times.
  logger.emit({ eventName: EVENT_FEATURE_FLAG_EVALUATION, attributes, context: active });
}

function recordAttributes(evaluation: Evaluation, variant: string | undefined): Attributes {
  const attributes: Attributes = {
    [ATTR_FEATURE_FLAG_KEY]: evaluation.key,
    [ATTR_FEATURE_FLAG_RESULT_REASON]: evaluation.reason,
  };
  if (variant !== undefined) attributes[ATTR_FEATURE_FLAG_RESULT_VARIANT] = variant;
  if (evaluation.provider !== undefined) attributes[ATTR_FEATURE_FLAG_PROVIDER_NAME] = evaluation.provider;
  if (evaluation.setId !== undefined) attributes[ATTR_FEATURE_FLAG_SET_ID] = evaluation.setId;
  if (evaluation.version !== undefined) attributes[ATTR_FEATURE_FLAG_VERSION] = evaluation.version;
  if (evaluation.errorType !== undefined) attributes[ATTR_ERROR_TYPE] = evaluation.errorType;
  return attributes;
}

function writtenValue(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'string') return value.slice(0, MAX_TEXT_LENGTH);
  try {
    return JSON.stringify(value)?.slice(0, MAX_TEXT_LENGTH);
  } catch {
    // Cyclic, a bigint inside, or a toJSON that throws: the application's own business.
    return undefined;
  }
}
