import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import { telltaleViews } from '../../src/node/index.js';
import type { Comparison } from '../../src/server/comparison.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

const { CUMULATIVE, DELTA } = AggregationTemporality;

/** One in four has the treatment; there one in five fails, elsewhere one in fifty. */
function visit({ operation }: Fresh, users: number, from: number): void {
  for (let user = from; user < from + users; user += 1) {
    const variant = user % 4 === 0 ? 'on' : 'off';
    const statusCode = user % (variant === 'on' ? 20 : 50) === 0 ? 500 : 200;
    const key = user % 10 === 9 ? 'other' : 'flag';
    operation.serve({ key, variant, targetingKey: `user-${user}`, version: '3' }, { statusCode });
  }
  operation.serve({ key: 'flag', variant: 'on', assignment: 'override' });
  operation.serve({ key: 'flag', variant: 'off' }, { aborted: true });
}

/** The real SDK with our Views, exporting the same to both. */
function exportTo(urls: readonly string[], temporality: AggregationTemporality, exponential: boolean) {
  const readers = urls.map(
    (url) =>
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url, temporalityPreference: temporality }),
        exportIntervalMillis: 3_600_000,
      }),
  );
  const resource = resourceFromAttributes({
    'service.name': 'shop',
    'service.namespace': 'web',
    'service.version': '1.2',
    'service.instance.id': 'i1',
    'deployment.environment.name': 'prod',
  });
  const meters = new MeterProvider({ views: telltaleViews({ exponential }), resource, readers });
  metrics.disable();
  metrics.setGlobalMeterProvider(meters);
  return meters;
}

async function compareBoth(
  backend: BackendProcess,
  prometheus: PrometheusProcess,
  options: readonly string[],
): Promise<Comparison[]> {
  const ask = async (whom: readonly string[]): Promise<Comparison> => {
    const { stdout, stderr } = await telltale(['compare', 'flag', '--json', ...whom, ...options]);
    if (stderr !== '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return [await ask(['--url', backend.apiUrl]), await ask(['--source', `prometheus+${prometheus.url}`])];
}

/** @param tolerance by how much percentiles may differ, as a share */
function expectSameVariants(
  one: Comparison | undefined,
  other: Comparison | undefined,
  tolerance: number,
): void {
  const counts = (comparison: Comparison | undefined) =>
    comparison?.variants.map(({ latency: _, ...variant }) => variant);
  const percentiles = (comparison: Comparison | undefined) =>
    comparison?.variants.flatMap(({ latency }) => Object.values(latency));
  expect(counts(one)).toEqual(counts(other));
  const wanted = percentiles(other) ?? [];
  const found = percentiles(one) ?? [];
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) {
    expect(Math.abs((found[i] ?? Number.NaN) / Number(value) - 1)).toBeLessThanOrEqual(tolerance);
  }
}

const DELTAS = '--enable-feature=otlp-deltatocumulative';

describe.each([
  { writes: 'native histograms', temporality: CUMULATIVE, exponential: true, otlp: '{}', flags: [] },
  { writes: 'what it makes of deltas', temporality: DELTA, exponential: true, otlp: '{}', flags: [DELTAS] },
  { writes: 'classic histograms', temporality: CUMULATIVE, exponential: false, otlp: '{}', flags: [] },
  {
    writes: "OpenTelemetry's own names",
    temporality: CUMULATIVE,
    exponential: true,
    otlp: '{translation_strategy: NoTranslation}',
    flags: [],
  },
  {
    writes: 'explicit buckets as native histograms, attributes of the resource on every series',
    temporality: CUMULATIVE,
    exponential: false,
    otlp: '{convert_histograms_to_nhcb: true, promote_all_resource_attributes: true}',
    flags: [],
  },
])('Prometheus with $writes', needsTool('prometheus'), ({ temporality, exponential, otlp, flags }) => {
  test('gives the verdict that our own store gives of the same traffic', { timeout: 90_000 }, async () => {
    const dataDir = temporaryFolder();
    const backend = await telltaleUp(join(dataDir, 'store'));
    await using prometheus = await startPrometheus(`otlp: ${otlp}`, flags);
    const urls = [`${prometheus.url}/api/v1/otlp/v1/metrics`, `${backend.otlpUrl}/v1/metrics`];
    const meters = exportTo(urls, temporality, exponential);
    const app = await fresh({ slowThresholdMs: 60_000 });
    // What the very first report of all holds, Prometheus cannot date.
    app.operation.serve({ key: 'warm-up', variant: 'off', targetingKey: 'nobody' });
    await meters.forceFlush();
    for (let round = 0; round < 3; round += 1) {
      // No exporter reports twice within a second, and samples are told apart to the second.
      await wait(1001);
      visit(app, 400, round * 400);
      await meters.forceFlush();
    }

    // Each delta has a scale of its own. Prometheus and we merge them each in our own order, at scales that may differ: percentiles
    // agree to a bucket's width, and a threshold that is found by one may be the next edge.
    const isDelta = temporality === DELTA;
    const fixed = ['--slow', '60s', '--service', 'shop', '--env', 'prod'];
    for (const options of isDelta ? [fixed] : [[], fixed]) {
      const [own, other] = await compareBoth(backend, prometheus, options);
      expect(own?.variants).toMatchObject([
        { variant: 'off', requests: expect.any(Number), excluded: { aborted: 3 } },
        { variant: 'on', requests: 300, errors: 60, excluded: { override: 3 } },
      ]);
      expect(own?.comparisons).toMatchObject([{ treatment: 'on', verdict: 'roll-back' }]);
      expectSameVariants(other, own, isDelta ? 0.1 : 0);
      expect(other?.slowThreshold).toEqual(own?.slowThreshold);
      expect(other?.evidence).toEqual(own?.evidence);
      // Delta points do not tell how many units there were, what Prometheus makes of them does: only how safe it is differs.
      const judged = (comparison: Comparison | undefined) =>
        comparison?.comparisons.map(({ explanation: _, errors, slow, ...rest }) => ({
          ...rest,
          errors: { ...errors, ...(isDelta ? { logESafe: 0 } : {}) },
          slow: { ...slow, ...(isDelta ? { logESafe: 0 } : {}) },
        }));
      expect(judged(other)).toEqual(judged(own));
    }

    await meters.shutdown();
    await backend.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
