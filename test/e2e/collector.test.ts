import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Comparison } from '../../src/server/comparison.js';
import { startApp } from '../support/app-process.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { CONFIG, runCollector } from '../support/collector.js';
import { FLAG_HOOK_PATHS } from '../support/flag-hook-traffic.js';
import { type Fixtures, installedFixtures } from '../support/installed.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { startShop } from '../support/shop-process.js';
import { toolPath } from '../support/tool-paths.js';
import { needsTool } from '../support/tools.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('otelcol validate accepts collector-config.yaml', needsTool('collector'), async () => {
  const run = promisify(execFile);
  const validate = (...more: string[]) =>
    run(toolPath('collector'), ['validate', '--config', CONFIG, ...more]);
  await validate();
  await expect(validate('--set=exporters.clickhouse.endpoint=')).rejects.toMatchObject({ code: 1 });
});

/** Resolves when Prometheus has a series. */
async function known(prometheus: PrometheusProcess, query: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`);
      const { data } = (await answer.json()) as { data: { result: unknown[] } };
      expect(data.result).not.toEqual([]);
    },
    { timeout: 30_000, interval: 200 },
  );
}

async function compared(args: readonly string[]): Promise<Comparison> {
  const { stdout, stderr } = await telltale(['compare', ...args, '--json']);
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

/**
 * What must not depend on whom one asks. How safe errors of units are may: of units that were first seen within ten minutes of
 * midnight (UTC) Prometheus cannot tell the day.
 */
function judged({ variants, comparisons, evidence }: Comparison) {
  return {
    evidence: evidence.map(({ label: _, ...use }) => use),
    variants: variants.map(({ latency: _, ...variant }) => variant),
    comparisons: comparisons.map(({ explanation: _, requestsNeeded: _needed, errors, ...rest }) => ({
      ...rest,
      errors: { ...errors, logESafe: 0 },
    })),
  };
}

describe('collector-config.yaml on the real collector', needsTool('collector'), () => {
  test('shop -> collector -> Prometheus and -> Telltale: the same verdict and counts', {
    ...needsTool('prometheus'),
    timeout: 120_000,
  }, async () => {
    await using backend = await telltaleUp(join(folder, 'store'));
    await using prometheus = await startPrometheus('{}');
    await using collector = await runCollector({
      state: join(folder, 'queues'),
      env: {
        TELLTALE_ENDPOINT: backend.otlpUrl,
        TO_PROMETHEUS: 'otlp_http/prometheus',
        PROMETHEUS_ENDPOINT: `${prometheus.url}/api/v1/otlp`,
      },
    });
    await using shop = await startShop({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_METRIC_EXPORT_INTERVAL: '1500',
      OTEL_METRIC_EXPORT_TIMEOUT: '1500',
    });
    // What the very first report of all holds, Prometheus cannot date: it is of another flag.
    await (await fetch(`${shop.url}/cart`)).arrayBuffer();
    await known(prometheus, 'telltale_operation_duration_seconds');
    const { byFlag, errors } = await shop.visit({ requests: 1500, seed: 1 });
    expect(errors).toBeGreaterThan(0);
    await shop.stop();

    // Found by itself, it may be the next edge: each finds percentiles from its own buckets.
    const ask = (...whom: string[]) => compared(['new-checkout', '--slow', '210ms', ...whom]);
    const own = await vi.waitFor(
      async () => {
        const comparison = await ask('--url', backend.apiUrl);
        expect(comparison.variants.reduce((sum, { requests }) => sum + requests, 0)).toBe(
          byFlag['new-checkout'],
        );
        return comparison;
      },
      { timeout: 30_000, interval: 500 },
    );
    expect(own.evidence).toMatchObject([{ service: 'shop', kind: 'operation-duration' }]);
    const other = await ask('--source', `prometheus+${prometheus.url}`);
    expect(judged(other)).toEqual(judged(own));
    expect(own.comparisons).toMatchObject([{ treatment: 'on' }]);
  });

  describe("an application with LaunchDarkly's TracingHook alone, on OpenTelemetry JS SDK 2", () => {
    let fixtures: Fixtures;
    beforeAll(async () => {
      fixtures = await installedFixtures('sdk2');
    }, 300_000);
    afterAll(() => fixtures[Symbol.dispose]());

    test.each([
      // The hook's event is on the SERVER span.
      { layers: 'off', own: 'span-metrics', inPrometheus: true },
      // It is on the span of an Express layer, which knows neither status nor duration: Telltale joins the trace, Prometheus has none.
      { layers: 'on', own: 'hook-events', inPrometheus: false },
    ])(
      'Express layers $layers: Telltale compares by $own; Prometheus can: $inPrometheus',
      { ...needsTool('prometheus'), timeout: 120_000 },
      async ({ layers, own, inPrometheus }) => {
        await using backend = await telltaleUp(join(folder, 'store'));
        await using prometheus = await startPrometheus('{}');
        await using collector = await runCollector({
          state: join(folder, 'queues'),
          env: {
            TELLTALE_ENDPOINT: backend.otlpUrl,
            TO_PROMETHEUS: 'otlp_http/prometheus',
            PROMETHEUS_ENDPOINT: `${prometheus.url}/api/v1/otlp`,
            SPAN_METRICS_INTERVAL: '1100ms',
          },
        });
        await using app = await startApp({
          entry: 'app-flag-hooks',
          telemetry: 'app-telemetry-plain',
          fixtures: fixtures.folder,
          env: {
            HOOK: 'TracingHook',
            EXPRESS_LAYERS: layers,
            OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
            OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
            OTEL_BSP_SCHEDULE_DELAY: '200',
          },
        });
        // What the very first report of all holds, Prometheus cannot date.
        await (await app.get('/health')).arrayBuffer();
        await known(prometheus, 'traces_span_metrics_calls_total');
        for (const path of FLAG_HOOK_PATHS) await (await app.get(path)).arrayBuffer();
        await app.stop();

        const asked = ['new-checkout', '--control', '1'];
        const comparison = async (kind: string, whom: readonly string[]): Promise<void> => {
          const found = await compared([...asked, ...whom]);
          expect(found.evidence).toMatchObject([{ service: 'shop', kind }]);
          expect(found.variants).toMatchObject([
            { variant: '0', requests: 30, errors: 5 },
            { variant: '1', requests: 60, errors: 0 },
          ]);
          expect(found.comparisons).toMatchObject([{ treatment: '0', verdict: 'roll-back' }]);
        };
        const soon = { timeout: 20_000, interval: 500 };
        await vi.waitFor(() => comparison(own, ['--url', backend.apiUrl]), soon);
        const source = ['--source', `prometheus+${prometheus.url}`];
        if (inPrometheus) await vi.waitFor(() => comparison('span-metrics', source), soon);
        else {
          await known(prometheus, 'traces_span_metrics_calls_total{feature_flags_new_checkout="0"}');
          const { code, stderr } = await telltale(['compare', ...asked, ...source]);
          expect([code, stderr]).toEqual([64, expect.stringContaining('No flag was seen at all')]);
        }
      },
    );
  });
});
