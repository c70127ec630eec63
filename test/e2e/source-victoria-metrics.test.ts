import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../src/server/comparison.js';
import { fresh } from '../support/app-fresh.js';
import { telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { compareBoth, expectSameVariants, exportTo, visit } from '../support/source-traffic.js';
import { needsTool } from '../support/tools.js';
import { startVictoriaMetrics } from '../support/victoria-metrics.js';

describe.each([
  { names: "OpenTelemetry's own names", flags: [] },
  { names: "Prometheus' names", flags: ['-opentelemetry.usePrometheusNaming'] },
])('VictoriaMetrics with $names', needsTool('victoria-metrics'), ({ flags }) => {
  test('gives the verdict that our own store gives of the same traffic', { timeout: 90_000 }, async () => {
    await using both = await sentToBoth(flags, false);
    for (const options of [[], ['--slow', '60s', '--service', 'shop', '--env', 'prod']]) {
      const [own, other] = await both.compare(options);
      expect(own?.variants).toMatchObject([
        { variant: 'off', requests: expect.any(Number), excluded: { aborted: 3 } },
        { variant: 'on', requests: 300, errors: 60, excluded: { override: 3 } },
      ]);
      expect(own?.comparisons).toMatchObject([{ treatment: 'on', verdict: 'roll-back' }]);
      expectSameVariants(other, own, 0);
      expect(other?.slowThreshold).toEqual(own?.slowThreshold);
      expect(other?.evidence).toEqual(own?.evidence);
      expect(judged(other)).toEqual(judged(own));
    }
  });
});

test('of exponential histograms VictoriaMetrics gives requests, errors and units, and says that durations are unknown', {
  timeout: 90_000,
  ...needsTool('victoria-metrics'),
}, async () => {
  await using both = await sentToBoth([], true);
  const [own, other] = await both.compare(['--slow', '60s']);
  expect(own?.variants).toMatchObject([{ errors: 12 }, { requests: 300, errors: 60 }]);
  expect(other?.variants).toEqual(
    own?.variants.map((variant) => ({ ...variant, latency: { p50: null, p95: null, p99: null } })),
  );
  expect(judged(other)).toEqual(judged(own));
  expect(other?.comparisons[0]?.explanation).toContainEqual(
    expect.stringMatching(/^1,080 requests lie in buckets on both sides of the slow threshold: use /),
  );

  // The control's own percentile would say what is slow.
  const [, unfixed] = await both.compare([]);
  expect(unfixed?.slowThreshold).toBeNull();
});

/** What a comparison decides; how it is told differs, as each store has its limits. */
function judged(comparison: Comparison | undefined) {
  return comparison?.comparisons.map(({ explanation: _, ...rest }) => rest);
}

async function sentToBoth(flags: readonly string[], exponential: boolean) {
  const dataDir = temporaryFolder();
  const backend = await telltaleUp(join(dataDir, 'store'));
  const victoria = await startVictoriaMetrics(flags);
  const urls = [`${victoria.url}/opentelemetry/v1/metrics`, `${backend.otlpUrl}/v1/metrics`];
  const meters = exportTo(urls, AggregationTemporality.CUMULATIVE, exponential);
  const app = await fresh({ slowThresholdMs: 60_000 });
  // What the very first report of all holds, no store of Prometheus' kind can date.
  app.operation.serve({ key: 'warm-up', variant: 'off', targetingKey: 'nobody' });
  await meters.forceFlush();
  for (let round = 0; round < 3; round += 1) {
    // No exporter reports twice within a second, and samples are told apart to the second.
    await wait(1001);
    visit(app, 400, round * 400);
    await meters.forceFlush();
  }
  await victoria.flush();
  return {
    compare: (options: readonly string[]) => compareBoth(backend, `prometheus+${victoria.url}`, options),
    async [Symbol.asyncDispose]() {
      await meters.shutdown();
      await victoria[Symbol.asyncDispose]();
      await backend.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
