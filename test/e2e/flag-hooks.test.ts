import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../support/app-process.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { FLAG_HOOK_PATHS } from '../support/flag-hook-traffic.js';
import { type Fixtures, installedFixtures } from '../support/installed.js';

// Neither hook works with SDK 3: see docs/openfeature.md.
describe('telemetry of others, on OpenTelemetry JS SDK 2, without Telltale in the application', () => {
  let fixtures: Fixtures;

  beforeAll(async () => {
    fixtures = await installedFixtures('sdk2');
  }, 300_000);
  afterAll(() => fixtures[Symbol.dispose]());

  test.each([
    { of: 'OpenFeature', hook: 'EventHook', control: 'off', treatment: 'on' },
    { of: 'OpenFeature', hook: 'SpanEventHook', control: 'off', treatment: 'on' },
    { of: 'OpenFeature', hook: 'SpanHook', control: 'off', treatment: 'on' },
    // The index of the variation: nothing says which of them is the control.
    { of: 'LaunchDarkly', hook: 'TracingHook', control: '1', treatment: '0' },
  ])("$of's $hook gives a comparison of what was sent", { timeout: 120_000 }, async (run) => {
    const dataDir = temporaryFolder();
    const backend = await telltaleUp(dataDir);
    try {
      await using app = await startApp({
        entry: 'app-flag-hooks',
        telemetry: 'app-telemetry-plain',
        fixtures: fixtures.folder,
        env: {
          HOOK: run.hook,
          OTEL_EXPORTER_OTLP_ENDPOINT: backend.otlpUrl,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        },
      });
      for (const path of FLAG_HOOK_PATHS) await (await app.get(path)).arrayBuffer();
      await app.stop();

      const asked = ['compare', 'new-checkout', '--url', backend.apiUrl, '--control', run.control];
      const { stdout, stderr } = await telltale([...asked, '--json']);
      expect(stderr).toBe('');
      const { evidence, variants, comparisons } = JSON.parse(stdout);
      expect(evidence).toEqual([{ service: 'shop', kind: 'hook-events', samplingRate: null }]);
      expect(
        variants.map(({ variant, requests, errors }: Record<string, unknown>) => [variant, requests, errors]),
      ).toEqual(
        [
          [run.control, 60, 0],
          [run.treatment, 30, 5],
        ].sort(),
      );
      expect(comparisons).toEqual([
        expect.objectContaining({ treatment: run.treatment, verdict: 'roll-back' }),
      ]);
      expect(comparisons[0].explanation).toContain(
        '3 operations saw more than one variant and are left out.',
      );
      const told = await telltale(asked);
      expect(told.stdout).toContain(
        "counted from flag hooks' events beside entry spans (whether sampled is unknown) of shop",
      );
    } finally {
      await backend.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
