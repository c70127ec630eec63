import type { LoggerProvider } from '@opentelemetry/api';

// `@opentelemetry/api-logs`, the logs of API 1.9, owns this global. Depending on it would bring it into every
// application, and possibly a second copy; a test against the real package pins both values.
const GLOBAL_KEY: unique symbol = Symbol.for('io.opentelemetry.js.api.logs');
const COMPATIBILITY_VERSION = 1;

interface WithApiLogs {
  readonly [GLOBAL_KEY]?: (version: number) => LoggerProvider;
}

/** The LoggerProvider that was set through `@opentelemetry/api-logs`, if one was. */
export function getApiLogsProvider(): LoggerProvider | undefined {
  return (globalThis as WithApiLogs)[GLOBAL_KEY]?.(COMPATIBILITY_VERSION);
}
