import type { Attributes, Logger, LoggerProvider } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import type { Evaluation } from '../core/evaluation.js';
import { MAX_ERROR_MESSAGE_LENGTH } from '../core/limits.js';
import {
  ATTR_ERROR_TYPE,
  ATTR_FEATURE_FLAG_ERROR_MESSAGE,
  ATTR_FEATURE_FLAG_KEY,
  ATTR_FEATURE_FLAG_PROVIDER_NAME,
  ATTR_FEATURE_FLAG_RESULT_REASON,
  ATTR_FEATURE_FLAG_RESULT_VARIANT,
  ATTR_FEATURE_FLAG_SET_ID,
  ATTR_FEATURE_FLAG_VERSION,
  EVENT_FEATURE_FLAG_EVALUATION,
} from '../core/semconv.js';
import { SCOPE_NAME, VERSION } from '../core/version.js';

// `import { logs }` would not link on API 1.9, which has no logs; the namespace always does.
const logs: typeof api.logs | undefined = api.logs;

let provider: LoggerProvider | undefined;
let logger: Logger | undefined;

/** Emits one `feature_flag.evaluation` record in the active context, where a LoggerProvider wants it. */
export function emitEvaluationRecord(evaluation: Evaluation, variant: string | undefined): void {
  const current = currentLogger();
  if (current === undefined || !current.enabled({ eventName: EVENT_FEATURE_FLAG_EVALUATION })) return;
  current.emit({
    eventName: EVENT_FEATURE_FLAG_EVALUATION,
    attributes: recordAttributes(evaluation, variant),
  });
}

function currentLogger(): Logger | undefined {
  const current = logs?.getLoggerProvider();
  if (current !== undefined && (logger === undefined || current !== provider)) {
    provider = current;
    logger = current.getLogger(SCOPE_NAME, VERSION);
  }
  return logger;
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
  if (evaluation.errorMessage !== undefined) {
    attributes[ATTR_FEATURE_FLAG_ERROR_MESSAGE] = evaluation.errorMessage.slice(0, MAX_ERROR_MESSAGE_LENGTH);
  }
  return attributes;
}
