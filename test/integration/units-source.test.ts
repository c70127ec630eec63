import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import { resource } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { failedRecord, type UnitStream, unitPoint } from '../support/unit-points.js';

const T0 = 1_800_057_600; // midnight in UTC, where blocks begin too
const DAY = 86_400;
const EDGE = { index: -7, seconds: 2 ** (-7 / 4) };
const CUT = { edgeIndex: EDGE.index, calibratedUntil: 0, changes: [] };

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

async function put(...metrics: Metric[]): Promise<void> {
  expect(await store().sink.metrics(metrics)).toBeUndefined();
}

/** Readings of one counter of bucket 3, at seconds after T0. */
function readings(
  stream: Partial<UnitStream> & { flag: string },
  start: number,
  ...values: [time: number, value: number][]
): Metric[] {
  return values.map(([time, value]) =>
    unitPoint(
      { counter: 'operations', variant: 'on', bucket: 3, ...stream },
      { start: T0 + start, time: T0 + time, value },
    ),
  );
}

async function sums(flag: string, from = 0, to = DAY): Promise<unknown[]> {
  const counts = await source.unitCounts({ flag }, { from: T0 + from, to: T0 + to }, CUT);
  return counts.map(({ block, variant, bucket, operations, errors, slow }) => [
    block - T0,
    variant,
    bucket,
    operations,
    errors,
    slow,
  ]);
}

describe('sums by unit bucket', () => {
  test('are what cumulative counters added, by block, variant and bucket', async () => {
    const flag = freshFlag();
    await put(
      ...readings({ flag }, 10, [60, 5], [120, 9], [660, 12]),
      ...readings({ flag, counter: 'errors' }, 120, [120, 2], [660, 2]),
      ...readings({ flag, bucket: 15 }, 10, [60, 1]),
      ...readings({ flag, variant: 'off' }, 10, [60, 4]),
    );
    expect(await sums(flag)).toEqual([
      [0, 'off', 3, 4, 0, null],
      [0, 'on', 3, 9, 2, null],
      [0, 'on', 15, 1, 0, null],
      [600, 'on', 3, 3, 0, null],
    ]);
  });

  test('a restart is not a drop, a point sent again counts once, and instances add up', async () => {
    const flag = freshFlag();
    const other = resource({ 'service.instance.id': 'i2' });
    const first = readings({ flag }, 10, [60, 40]);
    await put(...first);
    await put(
      ...first,
      ...readings({ flag }, 90, [120, 2]),
      ...readings({ flag, resource: other }, 10, [60, 7]),
    );
    expect(await sums(flag)).toEqual([[0, 'on', 3, 49, 0, null]]);
  });

  test('delta points are summed', async () => {
    const flag = freshFlag();
    const stream: UnitStream = { counter: 'operations', flag, variant: 'on', bucket: 3 };
    const points = [1, 2, 3].map((n) =>
      unitPoint(stream, { start: T0 + n * 60 - 60, time: T0 + n * 60, value: n }, 1),
    );
    await put(...points);
    await put(...points.slice(1));
    expect(await sums(flag)).toEqual([[0, 'on', 3, 6, 0, null]]);
  });

  test('only what the release assigned, to one of 16 buckets', async () => {
    const flag = freshFlag();
    await put(
      ...readings({ flag }, 10, [60, 5]),
      ...readings({ flag, assignment: 'override' }, 10, [60, 50]),
      ...readings({ flag, bucket: 16 }, 10, [60, 50]),
      ...readings({ flag, bucket: Number.NaN }, 10, [60, 50]),
      ...readings({ flag, bucket: 4 }, 10, [60, Number.NaN]),
      ...readings({ flag, bucket: 5 }, 10, [60, -1]),
      ...readings({ flag, bucket: 6 }, 10, [60, Number.POSITIVE_INFINITY]),
    );
    expect(await sums(flag)).toEqual([[0, 'on', 3, 5, 0, null]]);
  });

  test('a change splits a block', async () => {
    const flag = freshFlag();
    await put(...readings({ flag }, 10, [60, 1], [120, 3], [180, 7], [660, 15]));
    const cut = { ...CUT, changes: [T0 + 120] };
    const counts = await source.unitCounts({ flag }, { from: T0, to: T0 + DAY }, cut);
    expect(counts.map(({ block, operations }) => [block - T0, operations])).toEqual([
      [0, 3],
      [120, 4],
      [600, 8],
    ]);
  });

  test('services, versions and environments are told apart, and one can be asked for', async () => {
    const flag = freshFlag();
    const of = (version: string, env: string) =>
      resource({ 'service.version': version, 'deployment.environment.name': env });
    await put(
      ...readings({ flag, resource: of('1', 'production') }, 10, [60, 1]),
      ...readings({ flag, resource: of('2', 'production') }, 10, [60, 2]),
      ...readings({ flag, resource: of('2', 'staging') }, 10, [60, 4]),
    );
    const ask = async (environment?: string) =>
      (await source.unitCounts({ flag, environment }, { from: T0, to: T0 + DAY }, CUT)).map((count) => [
        count.environment,
        count.serviceVersion,
        count.operations,
      ]);
    expect(await ask()).toEqual([
      ['production', '1', 1],
      ['production', '2', 2],
      ['staging', '2', 4],
    ]);
    expect(await ask('staging')).toEqual([['staging', '2', 4]]);
  });
});

describe('slow operations of units', () => {
  const slow = (flag: string, threshold: number, over: Partial<UnitStream> = {}) => ({
    flag,
    counter: 'slow' as const,
    threshold,
    ...over,
  });

  test('are known where every report has them at the threshold asked for, be it 0', async () => {
    const flag = freshFlag();
    await put(
      ...readings({ flag }, 10, [60, 5], [120, 9]),
      ...readings(slow(flag, EDGE.seconds), 10, [60, 0], [120, 3]),
      ...readings({ flag, variant: 'off' }, 10, [60, 5]),
      ...readings(slow(flag, EDGE.seconds, { variant: 'off' }), 10, [60, 0]),
    );
    expect(await sums(flag)).toEqual([
      [0, 'off', 3, 5, 0, 0],
      [0, 'on', 3, 9, 0, 3],
    ]);
  });

  test('are unknown at another threshold, and where one instance of several has none', async () => {
    const [elsewhere, partly] = [freshFlag(), freshFlag()];
    const other = resource({ 'service.instance.id': 'i2' });
    await put(
      ...readings({ flag: elsewhere }, 10, [60, 5]),
      ...readings(slow(elsewhere, 2 ** (-6 / 4)), 10, [60, 2]),
      ...readings({ flag: partly }, 10, [60, 5]),
      ...readings(slow(partly, EDGE.seconds), 10, [60, 2]),
      ...readings({ flag: partly, resource: other }, 10, [60, 5]),
    );
    expect(await sums(elsewhere)).toEqual([[0, 'on', 3, 5, 0, null]]);
    expect(await sums(partly)).toEqual([[0, 'on', 3, 10, 0, null]]);
  });
});

describe('any history of units', () => {
  const step = fc.record({
    counter: fc.constantFrom('operations' as const, 'errors' as const),
    bucket: fc.nat(1),
    kind: fc.constantFrom('add', 'add', 'add', 'restart', 'repeat'),
    seconds: fc.integer({ min: 1, max: 900 }),
    added: fc.nat(5),
  });

  test('the query gives what a scan by hand gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.nat(1500),
        async (steps, offset) => {
          const flag = freshFlag();
          const expected: Record<string, number> = {};
          const lives: Record<string, { start: number; value: number; last: Metric[] }> = {};
          let now = 0;
          for (const { counter, bucket, kind, seconds, added } of steps) {
            const key = `${counter} ${bucket}`;
            const life = lives[key] ?? { start: 0, value: 0, last: [] };
            lives[key] = life;
            if (kind === 'repeat') {
              if (life.last.length > 0) await put(...life.last);
              continue;
            }
            if (kind === 'restart') Object.assign(life, { start: now, value: 0 });
            now += seconds;
            life.value += added;
            life.last = readings({ flag, counter, bucket }, life.start, [now, life.value]);
            await put(...life.last);
            if (now > offset) expected[key] = (expected[key] ?? 0) + added;
          }
          const found: Record<string, number> = {};
          const window = { from: T0 + offset, to: T0 + DAY };
          for (const { bucket, operations, errors } of await source.unitCounts({ flag }, window, CUT)) {
            for (const [counter, n] of Object.entries({ operations, errors })) {
              if (n > 0) found[`${counter} ${bucket}`] = (found[`${counter} ${bucket}`] ?? 0) + n;
            }
          }
          expect(found).toEqual(Object.fromEntries(Object.entries(expected).filter(([, n]) => n > 0)));
        },
      ),
      { numRuns: 20, seed: 11 },
    );
  });
});

describe('distinct units', () => {
  const exposed = (flag: string, over: Partial<UnitStream> = {}) => ({
    flag,
    counter: 'exposed' as const,
    ...over,
  });
  const distinct = (flag: string, leftOut: number[] = [], to = 9 * DAY) =>
    source.distinctUnits({ flag }, { from: T0, to: T0 + to }, CUT, leftOut);

  test('are those of one process and day, and of all buckets', async () => {
    const flag = freshFlag();
    await put(
      ...readings(exposed(flag), 10, [60, 5], [7200, 9]),
      ...readings(exposed(flag, { bucket: 4 }), 10, [60, 2]),
      ...readings(exposed(flag, { variant: 'off' }), 10, [60, 30]),
      ...readings(exposed(flag, { variant: 'off', assignment: 'default' }), 10, [60, 500]),
    );
    expect(await distinct(flag)).toEqual([
      { variant: 'off', units: 30 },
      { variant: 'on', units: 11 },
    ]);
  });

  test('other processes, lives and days may have met the same ones: the largest count is sure', async () => {
    const flag = freshFlag();
    const other = resource({ 'service.instance.id': 'i2' });
    await put(
      ...readings(exposed(flag), 10, [60, 5]),
      ...readings(exposed(flag), 90, [120, 4]),
      ...readings(
        exposed(flag, { resource: other }),
        10,
        [60, 3],
        [DAY - 60, 8],
        [DAY + 600, 8],
        [2 * DAY - 60, 15],
      ),
    );
    expect(await distinct(flag)).toEqual([{ variant: 'on', units: 8 }]);
  });

  test('a report across midnight counts for neither day, nor does what was left out', async () => {
    const flag = freshFlag();
    await put(...readings(exposed(flag), 10, [60, 5], [DAY - 30, 6], [DAY + 30, 9], [DAY + 700, 12]));
    expect(await distinct(flag)).toEqual([{ variant: 'on', units: 6 }]);
    expect(await distinct(flag, [T0])).toEqual([{ variant: 'on', units: 3 }]);
  });

  test('delta points stand alone: nothing tells whose they are', async () => {
    const flag = freshFlag();
    const points = [7, 4].map((value, i) =>
      unitPoint(
        { ...exposed(flag), variant: 'on', bucket: 3 },
        { start: T0, time: T0 + i * 60 + 60, value },
        1,
      ),
    );
    await put(...points);
    expect(await distinct(flag)).toEqual([{ variant: 'on', units: 7 }]);
  });
});

describe('exposures', () => {
  test('by process, with when it began and whether it began again', async () => {
    const flag = freshFlag();
    const other = resource({ 'service.instance.id': 'i2' });
    const exposed = { flag, counter: 'exposed' as const };
    await put(
      ...readings(exposed, 10, [60, 5], [120, 9]),
      ...readings({ ...exposed, bucket: 4 }, 70, [120, 2]),
      ...readings({ ...exposed, resource: other, variant: 'off' }, 20, [60, 3]),
      ...readings({ ...exposed, resource: other, variant: 'off' }, 90, [120, 1]),
    );
    const found = await source.exposures({ flag }, { from: T0, to: T0 + DAY });
    expect(new Set(found.map(({ process }) => process)).size).toBe(2);
    expect(found.map(({ process: _, ...rest }) => rest).sort((a, b) => a.units - b.units)).toEqual([
      { variant: 'off', units: 4, began: T0 + 20, restarted: true },
      { variant: 'on', units: 11, began: T0 + 10, restarted: false },
    ]);
  });
});

describe('failing units', () => {
  test('count once, where they failed first, whatever the service, variant or flag later', async () => {
    const [flag, second] = [freshFlag(), freshFlag()];
    const cart = resource({ 'service.name': 'cart' });
    await store().sink.logs([
      failedRecord({ [flag]: 'on', [second]: 'a' }, 'ada', T0 + 50),
      failedRecord({ [flag]: 'on' }, 'ada', T0 + 700),
      failedRecord({ [flag]: 'off' }, 'ada', T0 + 40, cart),
      failedRecord({ [flag]: 'on' }, 'bob', T0 + 650),
      failedRecord({ [flag]: 'on' }, 'cy', T0 + 660),
      failedRecord({ [flag]: 'on' }, 'early', T0 - 5),
      { ...failedRecord({ [flag]: 'on' }, '', T0 + 660) },
    ]);
    const window = { from: T0, to: T0 + DAY };
    const found = await source.failingUnits({ flag }, window, CUT);
    expect(found.map((count) => [count.block - T0, count.service, count.variant, count.units])).toEqual([
      [0, 'cart', 'off', 1],
      [600, 'shop', 'on', 2],
    ]);
    const shop = await source.failingUnits({ flag, service: 'shop' }, window, CUT);
    expect(shop.map((count) => [count.block - T0, count.units])).toEqual([
      [0, 1],
      [600, 2],
    ]);
    expect(await source.failingUnits({ flag: second }, window, CUT)).toEqual([
      expect.objectContaining({ variant: 'a', units: 1 }),
    ]);
  });
});

// Last, because what is folded together is of any flag.
describe('overflow', () => {
  test('what a limit folded together is told', async () => {
    const flag = freshFlag();
    const folding = resource({ 'service.name': 'folding' });
    const [metric] = readings({ flag, resource: folding }, 10, [60, 5]);
    if (metric?.type !== 'sum') throw new Error('a counter was to be made');
    const points = metric.points.map((point) => ({
      ...point,
      attributes: { 'otel.metric.overflow': 'true' },
    }));
    await put({ ...metric, points });
    const selection = { flag, service: 'folding' };
    const counts = await source.unitCounts(selection, { from: T0, to: T0 + DAY }, CUT);
    expect(counts).toEqual([expect.objectContaining({ overflow: true, service: 'folding' })]);
  });
});
