import type { Attributes, Context } from '@opentelemetry/api';
import type { Evaluation } from '../core/evaluation.js';
import { MAX_TEXT_LENGTH } from '../core/limits.js';
import { currentLogger } from '../core/loggers.js';
import {
  ATTR_FEATURE_FLAG_CONTEXT_ID,
  ATTR_FEATURE_FLAG_ERROR_MESSAGE,
  ATTR_FEATURE_FLAG_RESULT_VALUE,
  ATTR_FEATURE_FLAG_SET_ID,
  ATTR_FEATURE_FLAG_VERSION,
  ATTR_TELLTALE_ASSIGNMENT,
  EVENT_FEATURE_FLAG_EVALUATION,
} from '../core/semconv.js';
import { writtenValue } from '../core/written-value.js';
import type { RecordOptions } from './record-options.js';

/**
 * Emits one `feature_flag.evaluation` record in the context `active`, where a LoggerProvider wants it.
 *
 * @param counted What the counter has of it; not to be changed.
 * @param unitId What is written for the unit, if anything.
 */
export function emitEvaluationRecord(
  evaluation: Evaluation,
  counted: Attributes,
  unitId: string | undefined,
  options: RecordOptions,
  active: Context,
): void {
  const logger = currentLogger(EVENT_FEATURE_FLAG_EVALUATION);
  if (logger === undefined) return;
  const more = furtherAttributes(evaluation, unitId, options);
  const attributes = more === undefined ? counted : { ...counted, ...more };
  // The SDK would look for the active context itself, several times.
  logger.emit({ eventName: EVENT_FEATURE_FLAG_EVALUATION, attributes, context: active });
}

/** What a record has and the counter has not; mostly nothing. */
function furtherAttributes(
  { setId, version, value, errorMessage, assignment }: Evaluation,
  unitId: string | undefined,
  { values, errorMessages }: RecordOptions,
): Attributes | undefined {
  const hasMessage = errorMessages && errorMessage !== undefined;
  if (setId === undefined && version === undefined && unitId === undefined && !values && !hasMessage) {
    return undefined;
  }
  const attributes: Attributes = {};
  if (setId !== undefined) attributes[ATTR_FEATURE_FLAG_SET_ID] = setId;
  if (version !== undefined) attributes[ATTR_FEATURE_FLAG_VERSION] = version;
  if (unitId !== undefined) {
    attributes[ATTR_FEATURE_FLAG_CONTEXT_ID] = unitId;
    // A tester that is named and a unit of a split may have one reason, and who is named must not be held against a split.
    if (assignment !== 'assigned') attributes[ATTR_TELLTALE_ASSIGNMENT] = assignment;
  }
  const written = values ? writtenValue(value) : undefined;
  if (written !== undefined) attributes[ATTR_FEATURE_FLAG_RESULT_VALUE] = written;
  if (hasMessage) attributes[ATTR_FEATURE_FLAG_ERROR_MESSAGE] = errorMessage.slice(0, MAX_TEXT_LENGTH);
  return attributes;
}
