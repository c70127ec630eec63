import type { Attributes, Context, Logger } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { getApiLogsProvider } from '../core/api-logs.js';
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
import { SCOPE_NAME, VERSION } from '../core/version.js';
import type { RecordOptions } from './record-options.js';

// API 1.9, which `sdk-trace-web` needs, has no logs. webpack refuses a bundle that names them, by `import { logs }` or
// `api.logs`; this it takes.
const { logs }: Partial<Pick<typeof api, 'logs'>> = api;

/** Telltale's logger of the LoggerProvider that is set now, where there is one and it wants such records. */
export function currentLogger(): Logger | undefined {
  const provider = logs === undefined ? getApiLogsProvider() : logs.getLoggerProvider();
  const logger = provider?.getLogger(SCOPE_NAME, VERSION);
  return logger !== undefined && isWanted(logger) ? logger : undefined;
}

/** Loggers of early releases of SDK 2 cannot be asked, and take everything. */
function isWanted(asked: Pick<Logger, 'emit'> & Partial<Logger>): boolean {
  return asked.enabled?.({ eventName: EVENT_FEATURE_FLAG_EVALUATION }) ?? true;
}

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
