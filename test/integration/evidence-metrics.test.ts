import { beforeAll, describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import { renamed, spanMetricAttributes } from '../support/flag-points.js';
import { attributes, explicitPoint, exponentialPoint, resource } from '../support/points.js';
import { spanOf } from '../support/spans.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const WINDOW = { from: T0, to: T0 + 3600 };
const HTTP = 'http.server.request.duration';
const DURATION = 'traces.span.metrics.duration';
/** As instrumentations of HTTP advise it, in seconds. */
const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** The connector's default, in milliseconds. */
const SPAN_BOUNDS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000];

const DELTA = 1;
const CUMULATIVE = 2;

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

async function put(...metrics: Metric[]): Promise<void> {
  expect(await store().sink.metrics(metrics)).toBeUndefined();
}

/** Service, variant, requests, errors, slow, unresolved. */
async function totals(flag: string, edgeIndex: number): Promise<unknown[]> {
  const counts = await source.counts({ flag }, WINDOW, { edgeIndex, calibratedUntil: 0, changes: [] });
  return counts.map((count) => [
    count.service,
    count.overflow ? 'overflow' : count.variant,
    count.requests,
    count.errors,
    count.slow,
    count.unresolved,
  ]);
}

const kinds = async (flag: string): Promise<unknown[]> =>
  (await source.evidence({ flag }, WINDOW)).map(({ service, kind, samplingRate }) => [
    service,
    kind,
    samplingRate,
  ]);

/** Counts in these buckets of the layout; the rest are empty. */
function inBuckets(bounds: readonly number[], counts: Record<number, number>): number[] {
  return Array.from({ length: bounds.length + 1 }, (_, i) => counts[i] ?? 0);
}

/** An explicit point; of this service. */
function explicit(
  name: string,
  values: Record<string, string>,
  reading: { time: number; bounds: readonly number[]; counts: readonly number[]; start?: number },
  { unit = 's', service = 'shop', temporality = DELTA as 1 | 2, instance = 'i1' } = {},
): Metric {
  const of = resource({ 'service.name': service, 'service.instance.id': instance });
  const { start = T0, time, bounds, counts } = reading;
  const metric = explicitPoint(
    { flag: '', variant: '', resource: of },
    { start, time: T0 + time, bounds, counts },
    temporality,
  );
  return renamed(metric, name, values, unit);
}

describe('http.server.request.duration', () => {
  test('points with feature_flags.<key> count, for each flag; points without do not', async () => {
    const [flag, other] = [freshFlag(), freshFlag()];
    const point = (values: Record<string, string>, counts: Record<number, number>): Metric =>
      explicit(HTTP, values, { time: 60, bounds: HTTP_BOUNDS, counts: inBuckets(HTTP_BOUNDS, counts) });
    const route = { 'http.request.method': 'GET', 'http.route': '/checkout' };
    const of = (variant: string, status: string): Record<string, string> => ({
      ...route,
      'http.response.status_code': status,
      [`feature_flags.${flag}`]: variant,
    });
    await put(
      point({ ...of('on', '200'), [`feature_flags.${other}`]: 'off' }, { 3: 20, 7: 3 }),
      point({ ...of('on', '500') }, { 6: 2 }),
      point({ ...of('off', '404') }, { 3: 40 }),
      point({ ...route, 'http.response.status_code': '200' }, { 3: 500 }),
    );
    // Bucket 6 is (0.1, 0.25], bucket 7 (0.25, 0.5]: 0.25 s is edge -8; edge -7, 0.297 s, lies within bucket 7.
    expect(await totals(flag, -8)).toEqual([
      ['shop', 'off', 40, 0, 0, 0],
      ['shop', 'on', 25, 2, 3, 0],
    ]);
    expect(await totals(flag, -7)).toEqual([
      ['shop', 'off', 40, 0, 0, 0],
      ['shop', 'on', 25, 2, 0, 3],
    ]);
    expect(await totals(other, -8)).toEqual([['shop', 'off', 23, 0, 3, 0]]);
    expect(await kinds(flag)).toEqual([['shop', 'http-duration', 1]]);
  });

  test('cumulative instances: a reset, a retry, points out of order, and bounds that changed', async () => {
    const flag = freshFlag();
    const values = { [`feature_flags.${flag}`]: 'on' };
    const at = (time: number, n: number, more: { start?: number; instance?: string } = {}): Metric =>
      explicit(
        HTTP,
        values,
        {
          time,
          bounds: HTTP_BOUNDS,
          counts: inBuckets(HTTP_BOUNDS, { 7: n }),
          start: more.start ?? T0 - 10,
        },
        { temporality: CUMULATIVE, instance: more.instance ?? 'i1' },
      );
    await put(at(180, 12));
    await put(at(60, 5), at(120, 9), at(120, 9));
    // The process begins anew, and with other bounds.
    const later = explicit(
      HTTP,
      values,
      { time: 240, bounds: [0.1, 0.25, 1], counts: [1, 0, 2, 1], start: T0 + 200 },
      { temporality: CUMULATIVE },
    );
    await put(later, at(120, 100, { instance: 'i2' }), at(180, 101, { instance: 'i2' }));
    expect(await totals(flag, -8)).toEqual([['shop', 'on', 12 + 4 + 101, 0, 12 + 3 + 101, 0]]);
  });

  test('what a limit folded together is kept apart, and only where its service is counted from it', async () => {
    const flag = freshFlag();
    const folded = { 'otel.metric.overflow': 'true' };
    const reading = { time: 60, bounds: [0.25], counts: [3, 1] };
    await put(
      explicit(HTTP, { [`feature_flags.${flag}`]: 'on' }, reading, { service: 'folding' }),
      explicit(HTTP, folded, reading, { service: 'folding' }),
      explicit(HTTP, folded, reading, { service: 'elsewhere' }),
    );
    expect(await totals(flag, -8)).toEqual([
      ['folding', 'overflow', 4, 0, 1, 0],
      ['folding', 'on', 4, 0, 1, 0],
    ]);
  });
});

describe('what slow means without --slow', () => {
  test.each([
    ['the last edge up to the p95 that is a bound', { 4: 1000, 9: 2000, 10: 3000 }, 1],
    ['the lowest edge that is one, where the p95 is below', { 2: 3000 }, 0.25],
  ])('of the bounds of HTTP: %s', async (_, counts, seconds) => {
    const flag = freshFlag();
    const of = (variant: string): Metric =>
      explicit(
        HTTP,
        { [`feature_flags.${flag}`]: variant },
        { time: 60, bounds: HTTP_BOUNDS, counts: inBuckets(HTTP_BOUNDS, counts) },
      );
    await put(of('on'), of('off'));
    const parameters = readComparisonParameters([], WINDOW.to);
    const comparison = await compareFlag(source, flag, parameters, WINDOW.to);
    expect(comparison.slowThreshold).toEqual({ seconds, asked: null, origin: 'control-first-requests' });
    expect(comparison.comparisons[0]?.reasons).not.toContain('incomplete');
  });
});

describe('traces.span.metrics', () => {
  const explicitMs = (values: Record<string, string>, counts: Record<number, number>, service = 'shop') =>
    explicit(
      DURATION,
      spanMetricAttributes({ ...values, 'service.name': service }),
      { time: 60, bounds: SPAN_BOUNDS, counts: inBuckets(SPAN_BOUNDS, counts) },
      { unit: 'ms', service },
    );

  test('explicit buckets in milliseconds, of entry spans alone, failed by their status', async () => {
    const flag = freshFlag();
    const on = { [`feature_flags.${flag}`]: 'on' };
    await put(
      explicitMs(on, { 5: 30, 11: 2 }),
      explicitMs({ ...on, 'status.code': 'STATUS_CODE_ERROR' }, { 5: 4 }),
      explicitMs({ ...on, 'http.response.status_code': '502' }, { 5: 1 }),
      explicitMs({ ...on, 'span.kind': 'SPAN_KIND_CONSUMER' }, { 5: 1 }),
      explicitMs({ ...on, 'span.kind': 'SPAN_KIND_CLIENT' }, { 5: 1000 }),
      explicitMs({ ...on, 'span.kind': 'SPAN_KIND_INTERNAL' }, { 5: 1000 }),
    );
    // Bucket 11 is (1, 1.4] s: edge 0 is 1 s.
    expect(await totals(flag, 0)).toEqual([['shop', 'on', 38, 5, 2, 0]]);
    expect(await kinds(flag)).toEqual([['shop', 'span-metrics', null]]);
  });

  test('exponential buckets end at every edge in seconds; in milliseconds one lies on both sides', async () => {
    const flag = freshFlag();
    const point = (unit: string, buckets: Record<number, number>): Metric => {
      const counts = new Map(Object.entries(buckets).map(([index, n]) => [Number(index), n]));
      return renamed(
        exponentialPoint(
          { flag: '', variant: '' },
          { start: T0, time: T0 + 60, scale: 3, buckets: counts },
          DELTA,
        ),
        DURATION,
        spanMetricAttributes({ [`feature_flags.${flag}`]: `in ${unit}` }),
        unit,
      );
    };
    // At scale 3, bucket -16 begins at 0.25 s; of milliseconds, bucket 63 is (235, 256] and bucket 64 (256, 279].
    await put(point('s', { [-17]: 5, [-16]: 6 }), point('ms', { [-16]: 5, 63: 2, 64: 6 }));
    expect(await totals(flag, -8)).toEqual([
      ['shop', 'in ms', 13, 0, 6, 2],
      ['shop', 'in s', 11, 0, 6, 0],
    ]);
  });

  test('calls count where a connector writes no durations, and their durations are unknown', async () => {
    const flag = freshFlag();
    const calls = (service: string, value: number, time: number): Metric => ({
      type: 'sum',
      resource: resource({ 'service.name': service }),
      scope: {
        name: 'spanmetricsconnector',
        version: '',
        attributes: attributes({}),
        schemaUrl: '',
        droppedAttributesCount: 0,
      },
      name: 'traces.span.metrics.calls',
      description: '',
      unit: '',
      temporality: CUMULATIVE,
      isMonotonic: true,
      points: [
        {
          attributes: attributes(
            spanMetricAttributes({ 'service.name': service, [`feature_flags.${flag}`]: 'on' }),
          ),
          startTimeUnixNano: BigInt(T0) * 1_000_000_000n,
          timeUnixNano: BigInt(T0 + time) * 1_000_000_000n,
          flags: 0,
          value,
          exemplars: [],
        },
      ],
    });
    await put(
      // The connector's first cumulative point is 0.
      calls('bare', 0, 60),
      calls('bare', 9, 120),
      calls('shop', 5, 60),
      explicitMs({ [`feature_flags.${flag}`]: 'on' }, { 5: 5 }),
    );
    expect(await totals(flag, 0)).toEqual([
      ['bare', 'on', 9, 0, 0, 9],
      ['shop', 'on', 5, 0, 0, 0],
    ]);
  });

  test('counts that a connector multiplied are no evidence: the spans themselves are', async () => {
    const flag = freshFlag();
    const on = { [`feature_flags.${flag}`]: 'on' };
    await put(explicitMs({ ...on, 'sampling.method': 'extrapolated' }, { 5: 4000 }));
    expect(await store().sink.spans([spanOf({ trace: 77, end: T0 + 60, attributes: on })])).toBeUndefined();
    expect(await totals(flag, 0)).toEqual([['shop', 'on', 1, 0, 0, 0]]);
    expect(await kinds(flag)).toEqual([['shop', 'entry-spans', null]]);
  });

  test('http.server.request.duration comes first, and a service without a resource is named by its dimension', async () => {
    const flag = freshFlag();
    const on = { [`feature_flags.${flag}`]: 'on' };
    await put(
      explicitMs(on, { 5: 8 }),
      explicitMs(on, { 5: 3 }, 'worker'),
      explicit(HTTP, on, { time: 60, bounds: [0.25], counts: [7, 0] }),
    );
    const bare = explicitMs(on, { 5: 2 });
    const nobody = { ...bare.resource, attributes: attributes({}) };
    const named = renamed(
      bare,
      DURATION,
      spanMetricAttributes({ ...on, 'service.name': 'gateway', 'service.version': '7' }),
      'ms',
    );
    await put({ ...named, resource: nobody });
    expect(await totals(flag, 0)).toEqual([
      ['gateway', 'on', 2, 0, 0, 0],
      ['shop', 'on', 7, 0, 0, 0],
      ['worker', 'on', 3, 0, 0, 0],
    ]);
    expect(await kinds(flag)).toEqual([
      ['gateway', 'span-metrics', null],
      ['shop', 'http-duration', 1],
      ['worker', 'span-metrics', null],
    ]);
  });
});
