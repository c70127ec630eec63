import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExponentialHistogramMetric, Temporality } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openSource } from '../../src/sources/location.js';
import { createPrometheusClient } from '../../src/sources/prometheus-client.js';
import { readDurations } from '../../src/sources/prometheus-durations.js';
import { momentsOf } from '../../src/sources/prometheus-readings.js';
import type { Count, Selection, Source } from '../../src/sources/source.js';
import { metricsRequest } from '../support/otlp-request.js';
import { exponentialPoint, resource } from '../support/points.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { needsTool } from '../support/tools.js';

/** The beginning of a block, so that all that follows lies in the past. */
const T0 = Math.floor(Date.now() / 600_000) * 600 - 3000;
const WINDOW = { from: T0, to: T0 + 3000 };
const CUT = { edgeIndex: -8, calibratedUntil: 0, changes: [] };
const CUMULATIVE: Temporality = 2;
const DAY_SECONDS = 86_400;

/** When it was reported, from T0, and what it held. */
type Held = readonly [at: number, count: number];

describe('series of Prometheus that are not all that there was', needsTool('prometheus'), () => {
  const store = temporaryStore();
  let prometheus: PrometheusProcess;
  let own: Source;
  let other: Source;

  beforeAll(async () => {
    prometheus = await startPrometheus('storage: {tsdb: {out_of_order_time_window: 9d}}');
    own = createClickHouseSource(store().query);
    other = openSource(`prometheus+${prometheus.url}`, {});
    // Somebody reported all along.
    await put(series('older', 'all-along', [[-900, 1]], -DAY_SECONDS));
  });
  afterAll(() => prometheus[Symbol.asyncDispose]());

  async function send(contentType: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const headers = { 'content-type': contentType };
    const url = `${prometheus.url}/api/v1/otlp/v1/metrics`;
    const response = await fetch(url, { method: 'POST', headers, body });
    expect([response.status, await response.text()]).toEqual([200, '']);
  }

  async function put(metrics: readonly ExponentialHistogramMetric[]): Promise<void> {
    expect(await store().sink.metrics([...metrics])).toBeUndefined();
    await send('application/x-protobuf', new Uint8Array(metricsRequest(metrics)));
  }

  const client = () =>
    createPrometheusClient({ name: 'Prometheus', url: prometheus.url, headers: {}, credentials: '' });

  /** Samples as a scrape brings them, with labels that no OTLP resource has. */
  function scraped(name: string, labels: Record<string, string>, samples: readonly Held[]): Promise<void> {
    const dataPoints = samples.map(([at, count]) => ({
      timeUnixNano: `${T0 + at}000000000`,
      asDouble: count,
      attributes: Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } })),
    }));
    const metrics = [{ name, gauge: { dataPoints } }];
    return send('application/json', JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }));
  }

  async function requestsOf(source: Source, asked: Selection): Promise<[number, number][]> {
    const selection = { ...asked, evidence: await source.evidence(asked, WINDOW) };
    const counts = await source.counts(selection, WINDOW, CUT);
    return counts.map(({ block, requests }): [number, number] => [block - T0, requests]);
  }

  test.each<{ what: string; samples: Held[]; added: [number, number][] }>([
    {
      what: 'ran for days, and held the same when it was silent',
      samples: [
        [-10_000, 100_000],
        [1210, 100_000],
        [1270, 100_040],
      ],
      added: [[1200, 40]],
    },
    {
      what: 'ran for days, and what it counted in its silence cannot be dated',
      samples: [
        [-6 * DAY_SECONDS, 10],
        [1210, 100_000],
        [1270, 100_040],
      ],
      added: [[1200, 40]],
    },
  ])('a process that $what', async ({ samples, added }) => {
    const flag = freshFlag();
    await put(series(flag, flag, samples, -7 * DAY_SECONDS));
    expect(await requestsOf(own, { flag })).toEqual(added);
    expect(await requestsOf(other, { flag })).toEqual(added);
  });

  test('a process that began anew in its silence is counted from its beginning, all of its series', async () => {
    const flag = freshFlag();
    const [off, on] = [{ variant: 'off' }, { variant: 'on' }];
    const before = -7 * DAY_SECONDS;
    await put(series(flag, flag, [[-10_000, 500]], before, off));
    await put(series(flag, flag, [[-10_000, 1]], before, on));
    const life = (first: number): Held[] => [
      [1210, first],
      [1270, first + 2],
    ];
    await put([...series(flag, flag, life(7), 1200, off), ...series(flag, flag, life(3), 1200, on)]);
    for (const source of [own, other]) {
      const counts = await requestsOf(source, { flag });
      expect(counts.sort(([, a], [, b]) => b - a)).toEqual([
        [1200, 9],
        [1200, 5],
      ]);
    }
  });

  test('units of a process that was silent', async () => {
    const flag = freshFlag();
    const name = 'telltale_unit_operations_total';
    const labels = { ...operation(flag), job: 'shop', telltale_unit_bucket: '3' };
    await scraped(name, { ...labels, instance: 'all-along' }, [[-900, 1]]);
    const silent: Held[] = [
      [-10_000, 1000],
      [1210, 1000],
      [1270, 1004],
    ];
    await scraped(name, { ...labels, instance: flag }, silent);
    const counts = await other.unitCounts({ flag }, WINDOW, CUT);
    expect(counts).toMatchObject([{ block: T0 + 1200, bucket: 3, operations: 4 }]);
  });

  test('percentiles of a process that was silent are not of its whole life', async () => {
    const flag = freshFlag();
    const before = -7 * DAY_SECONDS;
    const samples: Held[] = [
      [-10_000, 100_000],
      [1210, 100_000],
      [1270, 100_040],
    ];
    await put(series(flag, flag, samples, before));
    const selection = { flag, evidence: await own.evidence({ flag }, WINDOW) };
    expect(await other.latencies(selection, WINDOW)).toEqual(await own.latencies(selection, WINDOW));
  });

  test('a service that is a label, and no job', async () => {
    const flag = freshFlag();
    const labels = { ...operation(flag), job: 'collector', instance: flag, service_name: `shop-${flag}` };
    const count: Held[] = [
      [-60, 5],
      [60, 25],
    ];
    await scraped('telltale_operation_duration_seconds_count', labels, count);
    await scraped('telltale_operation_duration_seconds_bucket', { ...labels, le: '+Inf' }, count);
    expect(await requestsOf(other, { flag })).toEqual([[0, 20]]);
    expect(await requestsOf(other, { flag, service: `shop-${flag}` })).toEqual([[0, 20]]);
    expect(await requestsOf(other, { flag, service: 'collector' })).toEqual([]);
    const flags = await other.flags(WINDOW, { flag, service: `shop-${flag}` });
    expect(flags).toMatchObject([{ flag, services: [`shop-${flag}`] }]);
  });

  test('a histogram that is there in both forms counts once, and each form where it is alone', async () => {
    const flag = freshFlag();
    await put(series(flag, flag, [[-60, 5]], -DAY_SECONDS));
    await put(series(flag, flag, [[60, 25]], -DAY_SECONDS));
    const labels = { ...operation(flag), http_route: '/checkout', job: 'shop', instance: flag };
    const classic: Held[] = [
      [-60, 5],
      [60, 25],
      [700, 32],
    ];
    // As the feature type-and-unit-labels adds; of what is native, functions drop them.
    const typed = { ...labels, __type__: 'histogram', __unit__: 'seconds' };
    await scraped('telltale_operation_duration_seconds_count', typed, classic);
    await scraped('telltale_operation_duration_seconds_bucket', { ...typed, le: '+Inf' }, classic);
    expect(await requestsOf(other, { flag })).toEqual([
      [0, 20],
      [600, 7],
    ]);
  });

  test('a service that appears while others report counts from zero, by itself as beside them', async () => {
    const flag = freshFlag();
    const labels = { ...operation(flag), job: `late-${flag}`, instance: flag };
    const late: Held[] = [
      [1210, 40],
      [1270, 70],
    ];
    await scraped('telltale_operation_duration_seconds_count', labels, late);
    await scraped('telltale_operation_duration_seconds_bucket', { ...labels, le: '+Inf' }, late);
    for (const service of [undefined, `late-${flag}`])
      expect(await requestsOf(other, { flag, service })).toEqual([[1200, 70]]);
  });

  test('where a bucket is missing, nobody knows what was slow', async () => {
    const flag = freshFlag();
    const labels = { ...operation(flag), job: 'shop', instance: flag };
    const bucket = (le: string, samples: readonly Held[]) =>
      scraped('telltale_operation_duration_seconds_bucket', { ...labels, le }, samples);
    const count: Held[] = [
      [-60, 10],
      [500, 20],
      [1100, 30],
      [1700, 40],
      [2300, 50],
    ];
    await scraped('telltale_operation_duration_seconds_count', labels, count);
    await bucket('+Inf', count);
    // None at 1100.
    await bucket('0.25', [
      [-60, 8],
      [500, 17],
      [1700, 36],
      [2300, 44],
    ]);
    const counts: Count[] = await other.counts({ flag }, WINDOW, CUT);
    expect(
      counts.map(({ block, requests, slow, unresolved }) => [block - T0, requests, slow, unresolved]),
    ).toEqual([
      [0, 10, 1, 0],
      [600, 10, 0, 10],
      [1200, 10, 0, 10],
      [1800, 10, 2, 0],
    ]);
  });

  test('below the lowest of all buckets nobody knows either, above its edge all is slow', async () => {
    const flag = freshFlag();
    const labels = { ...operation(flag), job: 'shop', instance: flag };
    const count: Held[] = [
      [-60, 10],
      [60, 20],
    ];
    await scraped('telltale_operation_duration_seconds_count', labels, count);
    const buckets = { '+Inf': count, '1': [[-60, 5] as const, [60, 13] as const] };
    for (const [le, samples] of Object.entries(buckets))
      await scraped('telltale_operation_duration_seconds_bucket', { ...labels, le }, samples);
    expect(await other.counts({ flag }, WINDOW, CUT)).toMatchObject([
      { requests: 10, slow: 2, unresolved: 8 },
    ]);
  });

  test('without a threshold nothing is slow', async () => {
    const flag = freshFlag();
    await put(series(flag, 'all-along', [[60, 5]], -DAY_SECONDS));
    const steps = await readDurations(client(), { flag }, momentsOf(WINDOW, []));
    expect(steps.map(({ requests, slow, unresolved }) => [requests, slow, unresolved])).toEqual([[5, 0, 0]]);
  });

  test('a native form that begins beside a classic one takes nothing from it', async () => {
    const flag = freshFlag();
    const labels = { ...operation(flag), http_route: '/checkout', job: 'shop', instance: flag };
    const classic: Held[] = [
      [-60, 100],
      [660, 110],
      [720, 112],
      [1300, 120],
    ];
    await scraped('telltale_operation_duration_seconds_count', labels, classic);
    await scraped('telltale_operation_duration_seconds_bucket', { ...labels, le: '+Inf' }, classic);
    await put(series(flag, flag, classic.slice(2), -DAY_SECONDS));
    expect(await requestsOf(other, { flag })).toEqual([
      [600, 12],
      [1200, 8],
    ]);
  });

  test('a block with a restart is read by its reports alone', async () => {
    const flag = freshFlag();
    const samples: Held[] = [
      [-60, 1],
      [60, 5],
      [120, 2],
      [180, 4],
    ];
    await put(series(flag, flag, samples, -DAY_SECONDS));
    const steps = await readDurations(client(), { flag }, momentsOf(WINDOW, []));
    expect(steps.map(({ time, requests }) => [time - T0, requests])).toEqual([
      [60, 4],
      [120, 2],
      [180, 2],
    ]);
  });

  test.each(['native', 'underscored'])(
    'a process that goes on in another form or under another name ($0) is not counted anew',
    async (after) => {
      const flag = freshFlag();
      const labels = { ...operation(flag), job: 'shop', instance: flag };
      const name = 'telltale_operation_duration_seconds';
      const count = (of: string, samples: readonly Held[], also: Record<string, string> = {}) =>
        scraped(`${of}_count`, { ...labels, ...also }, samples);
      const before: Held[] = [
        [-60, 1000],
        [60, 1010],
      ];
      await count(name, before);
      await scraped(`${name}_bucket`, { ...labels, le: '+Inf' }, before);
      const later: Held[] = [
        [700, 1020],
        [760, 1025],
        [1300, 1030],
      ];
      if (after === 'native') await put(series(flag, flag, later, -DAY_SECONDS));
      else {
        await count('telltale_operation_duration', later);
        await scraped('telltale_operation_duration_bucket', { ...labels, le: '+Inf' }, later);
        // What it counts first after that has held nothing.
        await count('telltale_operation_duration', [[1300, 3]], { error_type: 'timeout' });
      }
      // Between two forms nothing tells what was added.
      expect(await requestsOf(other, { flag })).toEqual([
        [0, 10],
        [600, 5],
        [1200, after === 'native' ? 5 : 8],
      ]);
    },
  );
});

test(
  'where series begin with zero, a restart shows even if as much was counted again',
  needsTool('prometheus'),
  async () => {
    await using prometheus = await startPrometheus('storage: {tsdb: {out_of_order_time_window: 9d}}', [
      '--enable-feature=created-timestamp-zero-ingestion',
    ]);
    const points = [
      ...series(
        'flag',
        'i1',
        [
          [-60, 1],
          [60, 2],
        ],
        -DAY_SECONDS,
      ),
      ...series('flag', 'i1', [[120, 2]], 100),
      ...series('flag', 'i1', [[180, 5]], 170),
    ];
    for (const point of points) {
      const response = await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(metricsRequest([point])),
      });
      expect(response.status).toBe(200);
    }
    const source = openSource(`prometheus+${prometheus.url}`, {});
    expect(await source.counts({ flag: 'flag' }, WINDOW, CUT)).toMatchObject([{ requests: 1 + 2 + 5 }]);
  },
);

function operation(flag: string): Record<string, string> {
  return {
    feature_flag_key: flag,
    feature_flag_result_variant: 'on',
    telltale_assignment: 'assigned',
  };
}

/** Cumulative points of one series of one life. */
function series(
  flag: string,
  instance: string,
  samples: readonly Held[],
  start: number,
  { variant = 'on' } = {},
): ExponentialHistogramMetric[] {
  const stream = { flag, variant, resource: resource({ 'service.instance.id': instance }) };
  return samples.map(([at, count]) => {
    const reading = { start: T0 + start, time: T0 + at, scale: 2, buckets: new Map([[-20, count]]) };
    return exponentialPoint(stream, reading, CUMULATIVE);
  });
}
