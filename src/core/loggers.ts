import type { Logger, LoggerProvider } from '@opentelemetry/api';
import * as api from '@opentelemetry/api';
import { getApiLogsProvider } from './api-logs.js';
import { SCOPE_NAME, VERSION } from './version.js';

// API 1.9 has no logs: `import { logs }` would not link there, and webpack refuses a bundle that names `api.logs`.
const { logs }: Partial<Pick<typeof api, 'logs'>> = api;
const currentProvider: () => LoggerProvider | undefined =
  logs === undefined ? getApiLogsProvider : () => logs.getLoggerProvider();

let provider: LoggerProvider | undefined;
let logger: Logger | undefined;

/** Telltale's logger of the LoggerProvider that is set now, where there is one and it wants such records. */
export function currentLogger(eventName: string): Logger | undefined {
  const current = currentProvider();
  if (current !== provider) {
    provider = current;
    logger = current?.getLogger(SCOPE_NAME, VERSION);
  }
  return logger !== undefined && isWanted(logger, eventName) ? logger : undefined;
}

/** Loggers of early releases of SDK 2 cannot be asked, and take everything. */
function isWanted(asked: Pick<Logger, 'emit'> & Partial<Logger>, eventName: string): boolean {
  return asked.enabled?.({ eventName }) ?? true;
}
