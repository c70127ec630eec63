import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { courseRoutes } from '../../src/server/page/course-routes.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { createDatadogSource } from '../../src/sources/datadog.js';
import { datadogHeaders } from '../../src/sources/datadog-client.js';
import { type Histogram, mergeHistograms } from '../../src/stats/index.js';
import { type StandInOperation, startDatadogStandIn } from '../support/datadog-stand-in.js';
import { explicitPoint, exponentialPoint, resource, type Stream } from '../support/points.js';
import { eventOf, spanOf } from '../support/spans.js';
import { temporaryApi } from '../support/temporary-api.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const NOW = T0 + 1800;

const store = temporaryStore();
const source = () => createClickHouseSource(store().query);
const ask = temporaryApi(() => courseRoutes({ source: source(), changes: undefined }, () => NOW));

/** Cumulative points of one stream: what was counted by bucket when it was reported, `T0 + at`. */
function held(
  stream: Stream,
  readings: Readonly<Record<number, readonly number[]>>,
  { start = 0, scale = 2, temporality = 2 }: { start?: number; scale?: number; temporality?: 1 | 2 } = {},
): Metric[] {
  return Object.entries(readings).map(([at, counts]) => {
    const buckets = new Map(counts.map((n, i) => [i - 21, n] as const));
    return exponentialPoint(
      stream,
      { start: T0 + start, time: T0 + Number(at), scale, buckets },
      temporality,
    );
  });
}

describe('latency distributions', () => {
  test('are in the buckets that were recorded, with the percentiles of the comparison', async () => {
    const flag = freshFlag();
    await store().sink.metrics([
      ...held({ flag, variant: 'on' }, { 600: [3, 0, 1], 1200: [90, 0, 10] }),
      ...held({ flag, variant: 'on', assignment: 'override' }, { 600: [1000] }),
      explicitPoint(
        { flag, variant: 'off' },
        { start: T0, time: T0 + 600, bounds: [0.1, 0.25], counts: [50, 0, 4] },
        2,
      ),
    ]);
    const { body } = await ask(`/api/v1/flags/${flag}/latency?slow=250ms`);
    const [off, on] = body.variants;
    expect(body).toMatchObject({ window: { from: '2027-01-15T08:00:00.000Z' }, slowThreshold: 0.25 });
    expect(off).toMatchObject({
      ...{ variant: 'off', requests: 54, p99: 0.25 },
      buckets: [
        { from: 0, to: 0.1, requests: 50 },
        { from: 0.25, to: null, requests: 4 },
      ],
    });
    expect([on.variant, on.requests, on.buckets.length]).toEqual(['on', 100, 2]);
    const edges = on.buckets.flatMap((bucket: { from: number; to: number }) => [bucket.from, bucket.to]);
    for (const [i, index] of [-21, -20, -19, -18].entries())
      expect(edges[i]).toBeCloseTo(2 ** (index / 4), 12);
    expect(on.buckets.map(({ requests }: { requests: number }) => requests)).toEqual([90, 10]);
    const { body: compared } = await ask(`/api/v1/flags/${flag}/course?slow=250ms&steps=2`);
    expect(compared.slowThreshold).toBe(body.slowThreshold);
  });

  test('of a store that knows percentiles alone have no buckets', async () => {
    const operation = (i: number): StandInOperation => ({
      ...{ time: T0 + i, seconds: 0.01 * (1 + (i % 30)) },
      tags: {
        ...{ 'feature_flag.key': 'new-checkout', 'feature_flag.result.variant': i % 2 === 0 ? 'on' : 'off' },
        ...{ 'telltale.assignment': 'assigned', service: 'shop', version: '1', env: 'prod' },
      },
    });
    await using datadog = await startDatadogStandIn(Array.from({ length: 1200 }, (_, i) => operation(i)));
    const headers = datadogHeaders('api', 'app');
    const asked = createDatadogSource({ name: 'Datadog', url: datadog.url, headers, credentials: '' });
    const latencies = await asked.latencies({ flag: 'new-checkout' }, { from: T0, to: NOW });
    expect(latencies.map(({ percentilesOnly }) => percentilesOnly)).toEqual([true, true]);
  });
});

describe('latency by step', () => {
  const window = { from: T0, to: T0 + 1800 };
  const moments = [300, 600, 720, 1200, 1800].map((at) => T0 + at);
  const merge = (a: Histogram | undefined, b: Histogram): Histogram =>
    a === undefined ? b : mergeHistograms(a, b);

  test.each<[string, (flag: string) => Metric[]]>([
    [
      'streams that begin in the window, report seldom, and get coarser',
      (flag) => [
        ...held({ flag, variant: 'on' }, { 60: [1], 120: [2, 1], 1250: [9, 1, 1], 1790: [9, 4, 1] }),
        ...held({ flag, variant: 'off' }, { 600: [5], 601: [6], 1200: [7] }),
        ...held({ flag, variant: 'off' }, { 1300: [2, 2] }, { start: 1210, scale: 1 }),
      ],
    ],
    [
      'a stream that ran before, with a point there and without, and a restart',
      (flag) => [
        ...held({ flag, variant: 'on' }, { [-60]: [100], 200: [110], 1000: [110, 5] }, { start: -9000 }),
        ...held({ flag, variant: 'off' }, { 200: [500], 250: [501], 700: [510] }, { start: -8000 }),
        ...held({ flag, variant: 'off' }, { 1400: [3] }, { start: 1300 }),
      ],
    ],
    [
      'delta points, also two of one step, and explicit buckets',
      (flag) => [
        ...held({ flag, variant: 'on' }, { 10: [1], 20: [2, 1], 1250: [4] }, { start: 1, temporality: 1 }),
        explicitPoint(
          { flag, variant: 'off' },
          { start: T0, time: T0 + 90, bounds: [0.1], counts: [3, 1] },
          2,
        ),
        explicitPoint(
          { flag, variant: 'off' },
          { start: T0, time: T0 + 900, bounds: [0.1], counts: [3, 6] },
          2,
        ),
      ],
    ],
    [
      'several processes and errors, whose streams come later',
      (flag) => [
        ...held({ flag, variant: 'on' }, { 60: [10], 400: [20], 800: [30] }),
        ...held({ flag, variant: 'on', errorType: '500' }, { 800: [0, 2] }),
        ...held(
          { flag, variant: 'on', resource: resource({ 'service.instance.id': 'i2' }) },
          { 500: [7], 1500: [8] },
        ),
      ],
    ],
  ])('is that of a window as long as the step: %s', async (_name, metrics) => {
    const flag = freshFlag();
    await store().sink.metrics(metrics(flag));
    const steps = (await source().latencySteps?.({ flag }, window, moments)) ?? [];
    const sums = new Map<string, Histogram>();
    for (const [step, to] of moments.entries()) {
      const from = moments[step - 1] ?? window.from;
      expect([to - T0, steps[step]]).toEqual([to - T0, await source().latencies({ flag }, { from, to })]);
      for (const { variant, histogram } of steps[step] ?? []) {
        sums.set(variant, merge(sums.get(variant), histogram));
      }
    }
    const whole = await source().latencies({ flag }, window);
    expect([...sums].sort()).toEqual(whole.map(({ variant, histogram }) => [variant, histogram]));
  });

  test('of entry spans, also of the hooks that wrote their evaluations into them', async () => {
    const [tagged, evented] = [freshFlag(), freshFlag()];
    const spans = Array.from({ length: 60 }, (_, i) => {
      const variant = i % 3 === 0 ? 'on' : 'off';
      const end = T0 + 29 * (i + 1);
      const values = { 'feature_flag.key': evented, 'feature_flag.result.variant': variant };
      return spanOf({
        ...{ trace: 9000 + i, end, took: 0.01 * (i + 1), service: 'spans' },
        attributes: { [`feature_flags.${tagged}`]: variant },
        events: [eventOf('feature_flag.evaluation', end - 0.005, values)],
      });
    });
    expect(await store().sink.spans(spans)).toBeUndefined();
    for (const flag of [tagged, evented]) {
      const evidence = await source().evidence({ flag }, window);
      expect(evidence).toMatchObject([{ kind: flag === tagged ? 'entry-spans' : 'hook-events' }]);
      const steps = (await source().latencySteps?.({ flag, evidence }, window, moments)) ?? [];
      for (const [step, to] of moments.entries()) {
        const inStep = { from: moments[step - 1] ?? window.from, to };
        expect(steps[step]).toEqual(await source().latencies({ flag, evidence }, inStep));
        expect(steps[step]).toHaveLength(2);
      }
    }
  });

  test('whatever is reported, in whatever order: a property', async () => {
    const reading = fc.record({
      at: fc.integer({ min: -3000, max: 1800 }),
      grown: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 }),
      again: fc.boolean(),
    });
    const stream = fc.record({
      variant: fc.constantFrom('on', 'off'),
      instance: fc.constantFrom('i1', 'i2', 'i3'),
      version: fc.constantFrom('1', '2'),
      temporality: fc.constantFrom(1 as const, 2 as const),
      readings: fc.uniqueArray(reading, { minLength: 1, maxLength: 6, selector: ({ at }) => at }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: 4 }), async (streams) => {
        const flag = freshFlag();
        const metrics = streams.flatMap(({ variant, instance, version, temporality, readings }, i) => {
          const total = [0, 0, 0];
          const of = resource({ 'service.instance.id': `${instance} ${i}`, 'service.version': version });
          return [...readings]
            .sort((a, b) => a.at - b.at)
            .flatMap(({ at, grown, again }) => {
              grown.forEach((n, bucket) => {
                total[bucket] = n + (temporality === 1 ? 0 : (total[bucket] ?? 0));
              });
              const [one] = held(
                { flag, variant, resource: of },
                { [at]: [...total] },
                { start: -3600, temporality },
              );
              return one === undefined ? [] : again ? [one, one] : [one];
            });
        });
        await store().sink.metrics(metrics);
        const steps = (await source().latencySteps?.({ flag }, window, moments)) ?? [];
        for (const [step, to] of moments.entries()) {
          const from = moments[step - 1] ?? window.from;
          // Each step alone looks as far back as the window does.
          expect([to - T0, steps[step]]).toEqual([to - T0, await source().latencies({ flag }, { from, to })]);
        }
      }),
      { numRuns: 8, seed: 7 },
    );
  }, 60_000);
});
