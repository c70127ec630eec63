import { type Attributes, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { currentLogger } from '../core/loggers.js';
import type { Scope } from '../core/scope.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_TYPE,
  ATTR_HTTP_ROUTE,
  ATTR_PREFIX_FEATURE_FLAGS,
  ATTR_TELLTALE_UNIT_ID,
  EVENT_TELLTALE_OPERATION_FAILED,
} from '../core/semconv.js';

/** `SeverityNumber.ERROR`; an enum of the API, which API 1.9 has elsewhere. */
const SEVERITY_ERROR = 17;

/**
 * Emits the record of a failed operation, in the trace of its entry span, whether that is sampled or not: so the
 * failing units can be counted and a trace to look at is found.
 */
export function emitOperationFailed(scope: Scope, errorType: string, route: string | undefined): void {
  const logger = currentLogger(EVENT_TELLTALE_OPERATION_FAILED);
  if (logger === undefined) return;
  const attributes: Attributes = { [ATTR_ERROR_TYPE]: errorType };
  if (route !== undefined) attributes[ATTR_HTTP_ROUTE] = route;
  if (scope.exceptionType !== undefined) attributes[ATTR_EXCEPTION_TYPE] = scope.exceptionType;
  const unitId = scope.unit?.id;
  if (unitId !== undefined) attributes[ATTR_TELLTALE_UNIT_ID] = unitId;
  for (const { variant } of scope.flags.values()) {
    if (variant.name !== undefined) attributes[ATTR_PREFIX_FEATURE_FLAGS + variant.flag.key] = variant.name;
  }
  logger.emit({
    eventName: EVENT_TELLTALE_OPERATION_FAILED,
    severityNumber: SEVERITY_ERROR,
    severityText: 'ERROR',
    attributes,
    context: scope.span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, scope.span),
  });
}
