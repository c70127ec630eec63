import { logs as apiLogs } from '@opentelemetry/api-logs';
import { afterEach, expect, it, vi } from 'vitest';
import { newPage } from '../support/web-page.js';

// As API 1.9 is, which has no logs.
vi.mock('@opentelemetry/api', async (original) => ({ ...(await original<object>()), logs: undefined }));

const { TelltaleHook } = await import('../../src/hooks/launchdarkly-web.js');

afterEach(() => apiLogs.disable());

function evaluate(): void {
  const hook = new TelltaleHook();
  hook.afterEvaluation({ flagKey: 'a', defaultValue: 1 }, {}, { value: 1, variationIndex: 2 });
}

it('records go to the LoggerProvider of @opentelemetry/api-logs', () => {
  newPage();
  evaluate();
  const emitted: unknown[] = [];
  const logger = { emit: (record: object) => void emitted.push(record), enabled: () => true };
  apiLogs.setGlobalLoggerProvider({ getLogger: () => logger });
  evaluate();
  evaluate();
  expect(emitted).toHaveLength(1);
  expect(emitted[0]).toMatchObject({
    eventName: 'feature_flag.evaluation',
    attributes: { 'feature_flag.key': 'a', 'feature_flag.result.variant': '2' },
  });
});

it('a logger that cannot be asked, as those of sdk-logs 0.205, takes everything, and one that can may want nothing', () => {
  newPage();
  let emitted = 0;
  const emit = (): void => {
    emitted += 1;
  };
  apiLogs.setGlobalLoggerProvider({ getLogger: () => ({ emit, enabled: () => false }) });
  evaluate();
  expect(emitted).toBe(0);
  apiLogs.disable();
  // @ts-expect-error: the logger of a later release has `enabled`.
  apiLogs.setGlobalLoggerProvider({ getLogger: () => ({ emit }) });
  evaluate();
  expect(emitted).toBe(1);
});
