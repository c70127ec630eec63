import { expect, test } from 'vitest';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openSource } from '../../src/sources/location.js';
import { metricsRequest } from '../support/otlp-request.js';
import { exponentialPoint, resource } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { needsTool } from '../support/tools.js';
import { startVictoriaMetrics } from '../support/victoria-metrics.js';

/** The beginning of a block, so that all that follows lies in the past. */
const T0 = Math.floor(Date.now() / 600_000) * 600 - 3000;
const WINDOW = { from: T0, to: T0 + 3000 };
const DAY_SECONDS = 86_400;
const store = temporaryStore();

test(
  'a thousand processes that appeared are asked for in a question that is short enough',
  needsTool('victoria-metrics'),
  async () => {
    await using victoria = await startVictoriaMetrics();
    const held = (instance: string, at: number, count: number): string =>
      `telltale_operation_duration_seconds_count{job="shop",instance="${instance}",feature_flag_key="f",feature_flag_result_variant="on",telltale_assignment="assigned"} ${count} ${(T0 + at) * 1000}`;
    const lines = [
      held('all-along', -60, 5),
      held('all-along', 60, 6),
      // Was there before, as one of many.
      held('10.0.0.7:9464', -10_000, 50),
      ...Array.from({ length: 1000 }, (_, i) => held(`10.0.0.${i}:9464`, 1300, i === 7 ? 52 : 2)),
      held('10.0.0.7:9464', 1360, 53),
    ];
    const body = `${lines.join('\n')}\n`;
    const response = await fetch(`${victoria.url}/api/v1/import/prometheus`, { method: 'POST', body });
    expect(response.status).toBe(204);
    await fetch(`${victoria.url}/api/v1/import/prometheus`, {
      method: 'POST',
      body: body.replaceAll('_count{', '_bucket{le="+Inf",'),
    });
    await victoria.flush();
    const source = openSource(`prometheus+${victoria.url}`, {});
    const counts = await source.counts({ flag: 'f' }, WINDOW, {
      edgeIndex: -8,
      calibratedUntil: 0,
      changes: [],
    });
    expect(counts.map(({ block, requests }) => [block - T0, requests])).toEqual([
      [0, 1],
      [1200, 2 * 999 + 1],
    ]);
  },
);

test.each([
  { names: "OpenTelemetry's own names", flags: [] },
  { names: "Prometheus' names", flags: ['-opentelemetry.usePrometheusNaming'] },
])(
  'processes without job and instance are told apart, with $names',
  needsTool('victoria-metrics'),
  async ({ flags }) => {
    await using victoria = await startVictoriaMetrics(flags);
    const flag = freshFlag();
    const points = (
      instance: string,
      start: number,
      samples: readonly (readonly [at: number, count: number])[],
    ) =>
      samples.map(([at, count]) => {
        const stream = { flag, variant: 'on', resource: resource({ 'service.instance.id': instance }) };
        const buckets = new Map([[-20, count]]);
        return exponentialPoint(stream, { start: T0 + start, time: T0 + at, scale: 2, buckets }, 2);
      });
    const metrics = [
      ...points('all-along', -DAY_SECONDS, [
        [-900, 1],
        [600, 4],
        [1800, 6],
      ]),
      // Was there long before, and what it counted in its silence cannot be dated.
      ...points('silent', -7 * DAY_SECONDS, [
        [-10_000, 10],
        [1210, 100_000],
        [1270, 100_040],
      ]),
    ];
    expect(await store().sink.metrics(metrics)).toBeUndefined();
    const response = await fetch(`${victoria.url}/opentelemetry/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(metricsRequest(metrics)),
    });
    expect(response.status).toBe(200);
    await victoria.flush();

    const own = createClickHouseSource(store().query);
    const other = openSource(`prometheus+${victoria.url}`, {});
    for (const source of [own, other]) {
      const selection = { flag, evidence: await source.evidence({ flag }, WINDOW) };
      const counts = await source.counts(selection, WINDOW, {
        edgeIndex: -8,
        calibratedUntil: 0,
        changes: [],
      });
      expect(counts.map(({ block, requests }) => [block - T0, requests])).toEqual([
        [0, 3],
        [1200, 42],
      ]);
    }
  },
);
