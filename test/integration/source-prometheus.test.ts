import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExponentialHistogramMetric, HistogramMetric, Temporality } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openSource } from '../../src/sources/location.js';
import type { Count, Cut, Source } from '../../src/sources/source.js';
import { metricsRequest } from '../support/otlp-request.js';
import { explicitPoint, exponentialPoint, resource, type Stream } from '../support/points.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { needsTool } from '../support/tools.js';

/** The beginning of a block, so that all that follows lies in the past and within Prometheus' newest two hours. */
const T0 = Math.floor(Date.now() / 600_000) * 600 - 3000;
const CUMULATIVE: Temporality = 2;

/** A sample of a series: what it holds below and above the threshold, and whether it began anew before it. */
interface Held {
  readonly at: number;
  readonly fast: number;
  readonly slow: number;
  readonly anew?: boolean;
}

describe('Prometheus beside our own store, on the same points', needsTool('prometheus'), () => {
  const store = temporaryStore();
  let prometheus: PrometheusProcess;
  let own: Source;
  let other: Source;

  beforeAll(async () => {
    // The cases write one after the other into the same two hours.
    prometheus = await startPrometheus('storage: {tsdb: {out_of_order_time_window: 2h}}');
    own = createClickHouseSource(store().query);
    other = openSource(`prometheus+${prometheus.url}`, {});
    // Somebody reported before: what is seen first after that is known to be new.
    await put([
      exponentialPoint(
        { flag: 'older', variant: 'off', resource: instance('i0') },
        reading(held(-900, 1, 0), 0),
        CUMULATIVE,
      ),
    ]);
  });
  afterAll(() => prometheus[Symbol.asyncDispose]());

  async function put(metrics: readonly (ExponentialHistogramMetric | HistogramMetric)[]): Promise<void> {
    expect(await store().sink.metrics([...metrics])).toBeUndefined();
    const { status, statusText } = await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(metricsRequest(metrics)),
    });
    expect([status, statusText]).toEqual([200, 'OK']);
  }

  async function countsOf(
    source: Source,
    flag: string,
    from: number,
    cut: Partial<Cut> = {},
  ): Promise<Count[]> {
    const window = { from: T0 + from, to: T0 + 3000 };
    const selection = { flag, evidence: await source.evidence({ flag }, window) };
    const whole = { edgeIndex: -8, calibratedUntil: 0, changes: [], ...cut };
    const counts = await source.counts(selection, window, whole);
    const key = (count: Count): string => JSON.stringify([count.block, count.variant, count]);
    return counts.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  const routesOf = (source: Source, flag: string) =>
    source.routes?.(
      { flag },
      { from: T0, to: T0 + 3000 },
      { edgeIndex: -8, calibratedUntil: T0 + 220, changes: [T0 + 650] },
      3,
    );

  async function expectSame(flag: string): Promise<Count[]> {
    const counts = await countsOf(own, flag, 0);
    expect(await countsOf(other, flag, 0)).toEqual(counts);
    const cut = { calibratedUntil: T0 + 220, changes: [T0 + 650, T0 + 1260] };
    expect(await countsOf(other, flag, 0, cut)).toEqual(await countsOf(own, flag, 0, cut));
    expect(await countsOf(other, flag, 410)).toEqual(await countsOf(own, flag, 410));
    const routes = await routesOf(own, flag);
    expect(routes?.groups.length).toBeGreaterThan(0);
    expect(await routesOf(other, flag)).toEqual(routes);
    return counts;
  }

  test('a process that restarts again and again within a block is counted in each of its lives', async () => {
    const flag = freshFlag();
    const lives = [
      held(10, 5, 1),
      held(70, 9, 1),
      { ...held(130, 4, 0), anew: true },
      held(190, 12, 2),
      { ...held(250, 3, 3), anew: true },
      // Ends above all that was before: by its blocks' ends alone nothing would have happened.
      held(310, 40, 3),
      held(610, 45, 4),
    ];
    await put(points({ flag, variant: 'on', resource: instance('i1') }, lives));
    const counts = await expectSame(flag);
    expect(counts.map(({ block, requests, slow }) => [block - T0, requests, slow])).toEqual([
      [0, 10 + 14 + 43, 1 + 2 + 3],
      [600, 6, 1],
    ]);
  });

  test('series that appear late, in a process that ran and in one that is new, count from zero', async () => {
    const flag = freshFlag();
    await put([
      ...points({ flag, variant: 'off', resource: instance('late') }, [
        held(20, 50, 0),
        held(80, 90, 1),
        held(700, 95, 1),
      ]),
      ...points({ flag, variant: 'off', errorType: '500', resource: instance('late') }, [
        held(80, 3, 0),
        held(700, 4, 0),
      ]),
      ...points({ flag, variant: 'on', resource: instance('new') }, [held(1230, 7, 2), held(1290, 8, 2)]),
    ]);
    const counts = await expectSame(flag);
    expect(counts.map(({ block, requests, errors }) => [block - T0, requests, errors])).toEqual([
      [0, 94, 3],
      [600, 6, 1],
      [1200, 10, 0],
    ]);
  });

  test('more routes than are asked for, in the order of their operations', async () => {
    const flag = freshFlag();
    await put(
      ['/a', '/b', '/c', '', '/d'].flatMap((route, i) =>
        ['on', 'off'].flatMap((variant) =>
          points({ flag, variant, route, resource: instance('i1') }, [
            held(20, 5, 1),
            held(700, 20 + i, 2 + i),
          ]),
        ),
      ),
    );
    await expectSame(flag);
    const routes = await routesOf(other, flag);
    expect([routes?.groups.map(({ name }) => name), routes?.leftOut]).toEqual([['/d', '', '/c'], 2]);
  });

  test('buckets of explicit bounds, of which one lies on both sides of the threshold', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on', resource: instance('i1') };
    const explicit = (at: number, bounds: readonly number[], counts: readonly number[]) =>
      explicitPoint(stream, { start: T0, time: T0 + at, bounds, counts }, CUMULATIVE);
    await put([explicit(60, [0.1, 0.25, 1], [1, 2, 3, 4]), explicit(120, [0.1, 0.25, 1], [2, 3, 4, 5])]);
    const other = { flag, variant: 'off', resource: instance('i1') };
    await put([
      explicitPoint(other, { start: T0, time: T0 + 60, bounds: [0.1, 1], counts: [1, 20, 4] }, CUMULATIVE),
    ]);
    const counts = await expectSame(flag);
    expect(
      counts.map(({ variant, requests, slow, unresolved }) => [variant, requests, slow, unresolved]),
    ).toEqual([
      ['off', 25, 4, 20],
      ['on', 14, 9, 0],
    ]);
  });

  test('native buckets that are too coarse for the threshold are told apart from slow ones', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on', resource: instance('i1') };
    // At scale 0 the bucket above 0.25 s ends at 0.5 s; the edge -7 is 0.297 s.
    const buckets = new Map([
      [-3, 5],
      [-2, 6],
      [-1, 7],
    ]);
    await put([exponentialPoint(stream, { start: T0, time: T0 + 60, scale: 0, buckets }, CUMULATIVE)]);
    const cut = { edgeIndex: -7 };
    const counts = await countsOf(own, flag, 0, cut);
    expect(counts).toMatchObject([{ requests: 18, slow: 7, unresolved: 6 }]);
    expect(await countsOf(other, flag, 0, cut)).toEqual(counts);
  });

  test.each(['a"} or {__name__=~".+"} #', 'new\\"line\n', '.*', 'a|b', '(', 'smörgås 🥪'])(
    'a flag called %j is that flag, and no PromQL',
    async (name) => {
      const flag = `${name}${freshFlag()}`;
      await put(points({ flag, variant: 'on', resource: instance('i1') }, [held(10, 5, 1), held(70, 9, 1)]));
      const counts = await expectSame(flag);
      expect(counts.map(({ requests }) => requests)).toEqual([10]);
      const window = { from: T0, to: T0 + 3000 };
      const flags = await other.flags(window, { flag });
      expect(flags).toMatchObject([
        { flag, services: ['shop'], variants: [{ variant: 'on', assigned: 10 }] },
      ]);
      const elsewhere = { flag, service: `shop|${name}`, environment: name };
      expect(await other.flags(window, elsewhere)).toEqual([]);
    },
  );

  test('any history', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(history, { minLength: 1, maxLength: 4 }), async (histories) => {
        const flag = freshFlag();
        const streams = histories.map((samples, i) => {
          const [variant, errorType] = [i % 2 === 0 ? 'on' : 'off', i < 2 ? undefined : '500'];
          const stream = { flag, variant, resource: instance(`p${i % 3}`) };
          return points(errorType === undefined ? stream : { ...stream, errorType }, samples);
        });
        await put(streams.flat());
        await expectSame(flag);
      }),
      { numRuns: 12 },
    );
  });

  test('timeline, reports and latencies', async () => {
    const flag = freshFlag();
    await put([
      ...points({ flag, variant: 'off', resource: instance('i1') }, [
        held(20, 150, 0),
        held(80, 190, 20),
        held(700, 400, 30),
      ]),
      ...points({ flag, variant: 'on', resource: instance('i1') }, [held(700, 30, 5)]),
    ]);
    const window = { from: T0, to: T0 + 3000 };
    const evidence = await other.evidence({ flag }, window);
    const blocks = async (source: Source) =>
      (await source.timeline({ flag, evidence }, window)).map(({ firstSeen: _, ...entry }) => entry);
    expect(await blocks(other)).toEqual([
      { block: T0, variant: 'off', requests: 210 },
      { block: T0 + 600, variant: 'off', requests: 220 },
      { block: T0 + 600, variant: 'on', requests: 35 },
    ]);
    // To the second up to where there are enough.
    expect(await other.reports({ flag, evidence }, 'off', window, 200)).toEqual([
      { time: T0 + 20, requests: 150 },
      { time: T0 + 80, requests: 60 },
    ]);
    const selection = { flag, evidence: await own.evidence({ flag }, window) };
    for (const from of [T0, T0 + 100]) {
      const asked = { from, to: T0 + 3000 };
      expect(await other.latencies(selection, asked)).toEqual(await own.latencies(selection, asked));
    }
  });
});

function held(at: number, fast: number, slow: number): Held {
  return { at, fast, slow };
}

function instance(id: string) {
  return resource({ 'service.instance.id': id });
}

/** Cumulative points of one series; each life has its own start. */
function points(stream: Stream, samples: readonly Held[]): ExponentialHistogramMetric[] {
  let start = -60;
  return samples.map((sample) => {
    if (sample.anew === true) start = sample.at - 1;
    return exponentialPoint(stream, reading(sample, start), CUMULATIVE);
  });
}

/** At scale 2 and 3, as an SDK rescales: below 0.25 s, and above 0.5 s. */
function reading({ at, fast, slow }: Held, start: number) {
  const scale = at % 2 === 0 ? 2 : 3;
  const place = (index: number): number => index * 2 ** (scale - 2);
  const buckets = new Map(
    [
      [place(-20), fast],
      [place(-4), slow],
    ].filter(([, n]) => n !== 0) as [number, number][],
  );
  return { start: T0 + start, time: T0 + at, scale, buckets };
}

/** Samples in order; where a series begins anew it holds less than before, as Prometheus keeps no starts. */
const history: fc.Arbitrary<Held[]> = fc
  .array(
    fc.record({
      wait: fc.integer({ min: 2, max: 400 }),
      fast: fc.nat(30),
      slow: fc.nat(5),
      anew: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((moves) => {
    let last = held(0, 1, 0);
    return moves.map(({ wait, fast, slow, anew }) => {
      const at = last.at + wait;
      const total = last.fast + last.slow;
      last =
        anew && total > 1
          ? { at, fast: Math.min(fast + 1, total - 1), slow: 0, anew: true }
          : { at, fast: last.fast + fast, slow: last.slow + slow };
      return last;
    });
  })
  .map((samples) => samples.filter(({ at }) => at < 3000))
  .filter((samples) => samples.length > 0);
