import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { startApp } from '../support/app-process.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';

/** The same requests in every run: 60 with `off`, 30 with `on` of which 5 fail. */
async function visit(get: (path: string) => Promise<Response>): Promise<void> {
  const paths = [
    ...Array.from({ length: 60 }, (_, i) => `/products/${i}`),
    ...Array.from({ length: 25 }, (_, i) => `/products/${i}?on=1`),
    ...Array.from({ length: 5 }, () => '/fail'),
  ];
  for (const path of paths) await (await get(path)).arrayBuffer();
}

describe.each([
  { protocol: 'http/protobuf', sampler: 'always_on', temporality: 'cumulative' },
  { protocol: 'http/json', sampler: 'always_on', temporality: 'delta' },
  { protocol: 'http/protobuf', sampler: 'always_off', temporality: 'cumulative' },
])('the real SDK over $protocol, $sampler, $temporality, to the real backend', (run) => {
  test('every request is counted once, and what was sampled is stored', { timeout: 60_000 }, async () => {
    const dataDir = temporaryFolder();
    const backend = await telltaleUp(dataDir);
    await using app = await startApp({
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: backend.otlpUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: run.protocol,
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: run.temporality,
        OTEL_TRACES_SAMPLER: run.sampler,
        // Several exports while the requests come: cumulative streams have to be told apart from their sums.
        OTEL_METRIC_EXPORT_INTERVAL: '50',
        OTEL_METRIC_EXPORT_TIMEOUT: '50',
      },
    });
    await visit(app.get);
    await app.stop();

    const { stdout } = await telltale(['compare', 'new-checkout', '--json', '--url', backend.apiUrl]);
    const { control, variants, comparisons } = JSON.parse(stdout);
    expect(control).toBe('off');
    expect(variants).toEqual([
      expect.objectContaining({ variant: 'off', requests: 60, errors: 0 }),
      expect.objectContaining({ variant: 'on', requests: 30, errors: 5 }),
    ]);
    for (const { latency } of variants) {
      expect(latency.p50).toBeGreaterThan(0);
      expect(latency.p50).toBeLessThanOrEqual(latency.p99);
    }
    // Five failures of 30 against none of 60: few requests, and proof enough.
    expect(comparisons).toEqual([expect.objectContaining({ treatment: 'on', verdict: 'roll-back' })]);

    expect(await backend.stop()).toBe(0);
    const store = await openStore({ dataDir });
    const sampled = run.sampler === 'always_on' ? 1 : 0;
    const count = async (sql: string) => Number((await store.query<{ n: number }>(sql))[0]?.n);
    expect(
      await count(`SELECT count() AS n FROM otel_traces
        WHERE SpanKind = 'Server' AND SpanAttributes['feature_flags.new-checkout'] = 'on'`),
    ).toBe(30 * sampled);
    expect(
      await count(`SELECT count() AS n FROM otel_logs WHERE EventName = 'feature_flag.evaluation'
        AND LogAttributes['feature_flag.key'] = 'new-checkout' AND TraceId != ''`),
    ).toBe(90 * sampled);
    expect(
      await count(`SELECT max(Value) AS n FROM otel_metrics_sum WHERE MetricName = 'feature_flag.evaluations'
        AND Attributes['feature_flag.key'] = 'new-checkout' AND Attributes['feature_flag.result.variant'] = 'off'
        AND AggregationTemporality = 2`),
    ).toBe(run.temporality === 'cumulative' ? 60 : 0);
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
