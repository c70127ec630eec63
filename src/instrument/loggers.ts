import type { Logger, LoggerProvider } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { SCOPE_NAME, VERSION } from '../core/version.js';

// `import { logs }` would not link on API 1.9, which has no logs; the namespace always does.
const logs: typeof api.logs | undefined = api.logs;

let provider: LoggerProvider | undefined;
let logger: Logger | undefined;

/** Telltale's logger of the LoggerProvider that is set now, where there is one and it wants such records. */
export function currentLogger(eventName: string): Logger | undefined {
  const current = logs?.getLoggerProvider();
  if (current !== undefined && (logger === undefined || current !== provider)) {
    provider = current;
    logger = current.getLogger(SCOPE_NAME, VERSION);
  }
  return logger?.enabled({ eventName }) === true ? logger : undefined;
}
