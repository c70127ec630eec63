import { logs } from '@opentelemetry/api';
import { logs as apiLogs } from '@opentelemetry/api-logs';
import { afterEach, expect, it } from 'vitest';
import { getApiLogsProvider } from '../../src/core/api-logs.js';
import { currentLogger } from '../../src/core/loggers.js';

afterEach(() => {
  apiLogs.disable();
  logs.disable();
});

it("finds the very provider that @opentelemetry/api-logs' setGlobalLoggerProvider set", () => {
  const provider = { getLogger: () => ({ emit() {}, enabled: () => true }) };
  apiLogs.setGlobalLoggerProvider(provider);
  expect(getApiLogsProvider()).toBe(provider);
});

it('finds none where none was set', () => {
  expect(getApiLogsProvider()).toBeUndefined();
});

it('takes a logger that cannot be asked, as those of sdk-logs 0.205, as one that wants everything', () => {
  const logger = { emit() {} };
  // @ts-expect-error: the logger of a later API has `enabled`.
  logs.setGlobalLoggerProvider({ getLogger: () => logger });
  expect(currentLogger('feature_flag.evaluation')).toBe(logger);
});

it('gives no logger where the LoggerProvider wants no such records', () => {
  logs.setGlobalLoggerProvider({ getLogger: () => ({ emit() {}, enabled: () => false }) });
  expect(currentLogger('feature_flag.evaluation')).toBeUndefined();
});
