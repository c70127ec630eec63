import { diag } from '@opentelemetry/api';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  diag.disable();
});

/** What is said by an application that loads these modules and is configured to send a flag. */
async function said(...modules: string[]): Promise<unknown[]> {
  vi.resetModules();
  vi.stubEnv('TELLTALE_BAGGAGE_FLAGS', 'new-checkout');
  vi.stubEnv('TELLTALE_BAGGAGE_SEND_TO', 'stock.internal');
  const warn = vi.fn();
  const logger = { warn, error: warn, info: vi.fn(), debug: vi.fn(), verbose: vi.fn() };
  diag.setLogger(logger, { suppressOverrideMessage: true });
  for (const module of modules) await import(module);
  const { serve } = await import('../support/app-operation.js');
  for (let i = 0; i < 2; i += 1) serve({});
  return warn.mock.calls.map(([message]) => message);
}

it('an application that is to send flags, and did not load what sends them, is told once', async () => {
  expect(await said('../../src/http/express.js')).toEqual([
    expect.stringContaining('add `import "telltale"`'),
  ]);
});

it.each(['../../src/index.js', '../../src/node/index.js'])('%s brings it', async (module) => {
  expect(await said(module)).toEqual([]);
});
