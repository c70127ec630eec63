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
