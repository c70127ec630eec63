import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import { explicitPoint, exponentialPoint, resource, type Stream } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const MINUTE = 60;

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

async function put(...metrics: Metric[]): Promise<void> {
  expect(await store().sink.metrics(metrics)).toBeUndefined();
}

const map = (entries: Record<number, number>): Map<number, number> =>
  new Map(Object.entries(entries).map(([index, count]) => [Number(index), count]));

async function totals(flag: string, from: number, to: number, edgeIndex = -8): Promise<unknown[]> {
  const counts = await source.counts({ flag }, { from, to }, { edgeIndex, calibratedUntil: 0, changes: [] });
  return counts.map((count) => [
    count.block - T0,
    count.variant,
    count.requests,
    count.errors,
    count.slow,
    count.unresolved,
  ]);
}

describe('counts', () => {
  test('a cumulative stream counts what it added since its last point', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on' };
    const reading = (time: number, n: number) => ({
      start: T0,
      time: T0 + time,
      scale: 2,
      buckets: map({ [-20]: n, [-4]: n }),
    });
    await put(exponentialPoint(stream, reading(MINUTE, 3), 2));
    await put(
      exponentialPoint(stream, reading(2 * MINUTE, 5), 2),
      exponentialPoint(stream, reading(12 * MINUTE, 9), 2),
    );
    // edge index -8 is 0.25 s; bucket -4 at scale 2 begins at 0.5 s.
    expect(await totals(flag, T0, T0 + 3600)).toEqual([
      [0, 'on', 10, 0, 5, 0],
      [600, 'on', 8, 0, 4, 0],
    ]);
    expect(await totals(flag, T0 + 5 * MINUTE, T0 + 3600)).toEqual([[600, 'on', 8, 0, 4, 0]]);
  });

  test('a stream that ran before the look-back begins with its first point as the base', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on' };
    const from = T0 + 7 * 24 * 3600;
    await put(
      exponentialPoint(stream, { start: T0, time: from + 10, scale: 2, buckets: map({ [-20]: 1000 }) }, 2),
      exponentialPoint(stream, { start: T0, time: from + 70, scale: 2, buckets: map({ [-20]: 1010 }) }, 2),
    );
    expect(await totals(flag, from, from + 600)).toEqual([[from - T0, 'on', 10, 0, 0, 0]]);
  });

  test('a stream that appears in an old process counts from its first point', async () => {
    const flag = freshFlag();
    const from = T0 + 7 * 24 * 3600;
    // As most SDKs do it: every stream has the start of the process, and the first error comes later.
    const ok = (time: number, n: number) =>
      exponentialPoint({ flag, variant: 'on' }, { start: T0, time, scale: 2, buckets: map({ [-20]: n }) }, 2);
    const failed = (time: number, n: number) =>
      exponentialPoint(
        { flag, variant: 'on', errorType: '500' },
        { start: T0, time, scale: 2, buckets: map({ [-4]: n }) },
        2,
      );
    await put(
      ok(from + 10, 1000),
      ok(from + 70, 1010),
      failed(from + 70, 3),
      ok(from + 130, 1020),
      failed(from + 130, 4),
    );
    expect(await totals(flag, from, from + 600)).toEqual([[from - T0, 'on', 24, 4, 4, 0]]);
    const [latency] = await source.latencies({ flag }, { from, to: from + 600 });
    expect(latency?.histogram).toEqual({ scale: 2, zero: 0, buckets: { [-20]: 20, [-4]: 4 } });
  });

  test('a restart is not a drop, and a point sent again counts once', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on', errorType: '500' };
    const before = exponentialPoint(
      stream,
      { start: T0, time: T0 + 60, scale: 2, buckets: map({ [-20]: 40 }) },
      2,
    );
    const after = exponentialPoint(
      stream,
      { start: T0 + 90, time: T0 + 120, scale: 2, buckets: map({ [-20]: 2 }) },
      2,
    );
    await put(before);
    await put(before, after);
    expect(await totals(flag, T0, T0 + 600)).toEqual([[0, 'on', 42, 42, 0, 0]]);
  });

  test('delta points are summed, and one sent again counts once', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'off' };
    const first = exponentialPoint(
      stream,
      { start: T0, time: T0 + 60, scale: 5, buckets: map({ [-160]: 7 }) },
      1,
    );
    const second = exponentialPoint(
      stream,
      { start: T0 + 60, time: T0 + 120, scale: 3, buckets: map({ [-8]: 2 }) },
      1,
    );
    await put(first, second);
    await put(first);
    expect(await totals(flag, T0, T0 + 600)).toEqual([[0, 'off', 9, 0, 2, 0]]);
  });

  test('a bucket on both sides of the threshold is told apart from a slow one', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on' };
    // Scale 0: bucket -2 is (0.25, 0.5], bucket -1 (0.5, 1]; the edge with index -6 is 0.354 s.
    await put(
      exponentialPoint(
        stream,
        { start: T0, time: T0 + 60, scale: 0, buckets: map({ [-2]: 4, [-1]: 3, [-9]: 1 }) },
        1,
      ),
    );
    expect(await totals(flag, T0, T0 + 600, -6)).toEqual([[0, 'on', 8, 0, 3, 4]]);
    expect(await totals(flag, T0, T0 + 600, -8)).toEqual([[0, 'on', 8, 0, 7, 0]]);
  });

  test('explicit buckets are cut at their bounds', async () => {
    const flag = freshFlag();
    const reading = { start: T0, time: T0 + 60, bounds: [0.1, 0.25, 0.5], counts: [10, 20, 3, 2] };
    await put(explicitPoint({ flag, variant: 'on' }, reading, 2));
    expect(await totals(flag, T0, T0 + 600, -8)).toEqual([[0, 'on', 35, 0, 5, 0]]);
    expect(await totals(flag, T0, T0 + 600, -6)).toEqual([[0, 'on', 35, 0, 2, 3]]);
  });

  test('the calibration makes a block of its own, and its block goes on after it', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'off' };
    for (const [i, time] of [60, 120, 180, 600, 700].entries()) {
      await put(
        exponentialPoint(
          stream,
          { start: T0 + i, time: T0 + time, scale: 2, buckets: map({ [-20]: 10 }) },
          1,
        ),
      );
    }
    const counts = await source.counts(
      { flag },
      { from: T0 + 30, to: T0 + 1200 },
      { edgeIndex: 0, calibratedUntil: T0 + 120, changes: [] },
    );
    expect(counts.map((count) => [count.block - T0, count.requests])).toEqual([
      [30, 20],
      // A report at the very beginning of a block tells of the block before.
      [120, 20],
      [600, 10],
    ]);
  });
});

describe('changes', () => {
  const at = (flag: string, ...times: number[]): Metric[] =>
    times.map((time, i) =>
      exponentialPoint(
        { flag, variant: 'off' },
        { start: T0, time: T0 + time, scale: 2, buckets: map({ [-20]: (i + 1) * 10 }) },
        2,
      ),
    );
  const blocks = async (flag: string, window: [number, number], changes: number[], calibratedUntil = 0) =>
    (
      await source.counts(
        { flag },
        { from: T0 + window[0], to: T0 + window[1] },
        { edgeIndex: 0, calibratedUntil, changes: changes.map((change) => T0 + change) },
      )
    ).map((count) => [count.block - T0, count.requests]);

  test('each ends a block and begins another; a report at that very moment tells of what came before', async () => {
    const flag = freshFlag();
    await put(...at(flag, 60, 120, 180, 240, 300, 660, 720));
    expect(await blocks(flag, [0, 1200], [120, 200.5, 640])).toEqual([
      [0, 20],
      [120, 10],
      [200.5, 20],
      [640, 20],
    ]);
    expect(await blocks(flag, [0, 1200], [])).toEqual([
      [0, 50],
      [600, 20],
    ]);
  });

  test('they split the calibration too, and only what lies after them', async () => {
    const flag = freshFlag();
    await put(...at(flag, 60, 120, 180, 240, 660));
    expect(await blocks(flag, [30, 1200], [-500, 100, 2000], T0 + 180)).toEqual([
      [30, 10],
      [100, 20],
      [180, 10],
      [600, 10],
    ]);
  });
});

interface Step {
  readonly stream: number;
  readonly kind: 'add' | 'restart' | 'repeat';
  readonly seconds: number;
  readonly low: number;
  readonly high: number;
}

const STREAMS: readonly Omit<Stream, 'flag'>[] = [
  { variant: 'on' },
  { variant: 'off' },
  { variant: 'on', errorType: '500' },
  { variant: 'off', assignment: 'default' },
];

const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  stream: fc.nat(STREAMS.length - 1),
  kind: fc.constantFrom('add', 'add', 'add', 'restart', 'repeat'),
  seconds: fc.integer({ min: 1, max: 900 }),
  low: fc.nat(5),
  high: fc.nat(5),
});

/** Sends random lives of cumulative streams, and adds up by hand what falls into the window. */
async function randomHistory(
  flag: string,
  steps: readonly Step[],
  from: number,
): Promise<Map<string, number[]>> {
  const expected = new Map<string, number[]>();
  const state = STREAMS.map(() => ({ start: T0, low: 0, high: 0, last: undefined as Metric | undefined }));
  let now = T0;
  for (const step of steps) {
    const life = state[step.stream];
    const stream = STREAMS[step.stream];
    if (life === undefined || stream === undefined) throw new Error('no such stream');
    if (step.kind === 'repeat') {
      if (life.last !== undefined) await put(life.last);
      continue;
    }
    if (step.kind === 'restart') Object.assign(life, { start: now, low: 0, high: 0 });
    now += step.seconds;
    life.low += step.low;
    life.high += step.high;
    life.last = exponentialPoint(
      { flag, ...stream },
      { start: life.start, time: now, scale: 2, buckets: map({ [-20]: life.low, [-4]: life.high }) },
      2,
    );
    await put(life.last);
    if (now <= from) continue;
    const key = `${stream.variant} ${stream.assignment ?? 'assigned'}`;
    const [requests = 0, errors = 0, slow = 0] = expected.get(key) ?? [];
    const added = step.low + step.high;
    expected.set(key, [
      requests + added,
      errors + (stream.errorType === undefined ? 0 : added),
      slow + step.high,
    ]);
  }
  return new Map([...expected].filter(([, [requests]]) => requests !== 0));
}

describe('any history', () => {
  test('the query gives what a scan by hand gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 1, maxLength: 12 }),
        fc.nat(1500),
        async (steps, offset) => {
          const flag = freshFlag();
          const from = T0 + offset;
          const expected = await randomHistory(flag, steps, from);
          const counts = await source.counts(
            { flag },
            { from, to: T0 + 100_000 },
            { edgeIndex: -8, calibratedUntil: 0, changes: [T0 + 300, T0 + 420, T0 + 1200, T0 + 1201] },
          );
          const found = new Map<string, number[]>();
          for (const count of counts) {
            const key = `${count.variant} ${count.assignment}`;
            const [requests = 0, errors = 0, slow = 0] = found.get(key) ?? [];
            found.set(key, [requests + count.requests, errors + count.errors, slow + count.slow]);
          }
          expect(found).toEqual(expected);

          const latencies = await source.latencies({ flag }, { from, to: T0 + 100_000 });
          for (const { variant, histogram } of latencies) {
            if (!('buckets' in histogram)) throw new Error('expected exponential buckets');
            const sum = Object.values(histogram.buckets).reduce((total, n) => total + n, 0);
            expect([variant, sum]).toEqual([variant, expected.get(`${variant} assigned`)?.[0] ?? 0]);
          }
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });
});

describe('latencies', () => {
  test('scales are merged at the coarser, the base before the window is taken off', async () => {
    const flag = freshFlag();
    const stream = { flag, variant: 'on' };
    await put(
      exponentialPoint(
        stream,
        { start: T0, time: T0 + 60, scale: 4, buckets: map({ [-33]: 5, [-32]: 1 }) },
        2,
      ),
      exponentialPoint(
        stream,
        { start: T0, time: T0 + 660, scale: 2, buckets: map({ [-9]: 6, [-8]: 4 }) },
        2,
      ),
    );
    const [latency] = await source.latencies({ flag }, { from: T0 + 100, to: T0 + 1000 });
    expect(latency?.histogram).toEqual({ scale: 2, zero: 0, buckets: { [-9]: 1, [-8]: 3 } });
  });

  test('of a process that ran before the look-back, what its streams held first is taken off, unless they are new', async () => {
    const flag = freshFlag();
    const from = T0 + 7 * 24 * 3600;
    const point = (stream: Partial<Stream>, start: number, time: number, n: number) =>
      exponentialPoint(
        { flag, variant: 'on', ...stream },
        { start, time: from + time, scale: 2, buckets: map({ [-9]: n }) },
        2,
      );
    await put(
      point({}, T0, 10, 1000),
      point({}, T0, 70, 1004),
      point({}, T0, 130, 1010),
      point({ errorType: '500' }, T0, 130, 3),
      point({ variant: 'off' }, T0 - 60, 70, 7),
    );
    expect(await source.latencies({ flag }, { from, to: from + 600 })).toEqual([
      { variant: 'on', histogram: { scale: 2, zero: 0, buckets: { [-9]: 13 } } },
    ]);
  });

  test('explicit buckets with the commonest bounds', async () => {
    const flag = freshFlag();
    await put(
      explicitPoint(
        { flag, variant: 'on' },
        { start: T0, time: T0 + 60, bounds: [1, 2], counts: [1, 1, 1] },
        1,
      ),
      explicitPoint(
        { flag, variant: 'on' },
        { start: T0, time: T0 + 90, bounds: [1, 3], counts: [9, 1, 1] },
        1,
      ),
    );
    const [latency] = await source.latencies({ flag }, { from: T0, to: T0 + 1000 });
    expect(latency?.histogram).toEqual({ bounds: [1, 3], counts: [9, 1, 1] });
  });
});

describe('other questions', () => {
  test('what is counted, by service: our own histogram, of every operation', async () => {
    const flag = freshFlag();
    const of = (service: string, variant: string): Metric =>
      exponentialPoint(
        { flag, variant, resource: resource({ 'service.name': service }) },
        { start: T0, time: T0 + 60, scale: 2, buckets: map({ 0: 1 }) },
        1,
      );
    await put(of('web', 'on'), of('api', 'off'), of('mixed', '__mixed__'));
    expect(await source.evidence({ flag }, { from: T0, to: T0 + 600 })).toEqual([
      { service: 'api', kind: 'operation-duration', samplingRate: 1 },
      { service: 'mixed', kind: 'operation-duration', samplingRate: 1 },
      { service: 'web', kind: 'operation-duration', samplingRate: 1 },
    ]);
    expect(source.cannot).toEqual([]);
  });

  test('flags with their variants and assignments, timeline and reports', async () => {
    const flag = freshFlag();
    const far = T0 + 40 * 24 * 3600;
    const point = (variant: string, assignment: string, time: number, n: number): Metric =>
      exponentialPoint(
        { flag, variant, assignment },
        { start: far, time: far + time, scale: 2, buckets: map({ 0: n }) },
        1,
      );
    await put(
      point('on', 'assigned', 60, 2),
      point('off', 'assigned', 60, 18),
      point('off', 'default', 60, 5),
    );
    await put(point('on', 'assigned', 660, 4), point('off', 'assigned', 700, 6));
    expect(await source.flags({ from: far, to: far + 3600 }, {})).toEqual([
      {
        flag,
        lastSeen: far + 700,
        services: ['shop'],
        environments: [''],
        variants: [
          { variant: 'off', assigned: 24, override: 0, default: 5, error: 0 },
          { variant: 'on', assigned: 6, override: 0, default: 0, error: 0 },
        ],
      },
    ]);
    expect(await source.flags({ from: far, to: far + 3600 }, { service: 'elsewhere' })).toEqual([]);
    expect(await source.timeline({ flag }, { from: far, to: far + 3600 })).toEqual([
      { block: far, variant: 'off', firstSeen: far + 60, requests: 18 },
      { block: far, variant: 'on', firstSeen: far + 60, requests: 2 },
      { block: far + 600, variant: 'off', firstSeen: far + 700, requests: 6 },
      { block: far + 600, variant: 'on', firstSeen: far + 660, requests: 4 },
    ]);
    expect(await source.reports({ flag }, 'off', { from: far, to: far + 3600 }, 200)).toEqual([
      { time: far + 60, requests: 18 },
      { time: far + 700, requests: 6 },
    ]);
  });
});
