import { describe, expect, test } from 'vitest';
import type { LogRecord, Metric } from '../../src/otlp/model.js';
import { recordChange } from '../../src/server/change-log.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { courseDocument } from '../../src/server/page/course.js';
import { courseRoutes } from '../../src/server/page/course-routes.js';
import type { CourseDocument } from '../../src/server/page/documents.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { flagChange, historyOf } from '../support/changes.js';
import { exponentialPoint } from '../support/points.js';
import { temporaryApi } from '../support/temporary-api.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { failedRecord, unitPoint } from '../support/unit-points.js';

const T0 = 1_800_000_000; // a multiple of 600 and of an hour
let now = T0 + 3600;

const store = temporaryStore();
const parts = () => ({ source: createClickHouseSource(store().query), changes: historyOf(store()) });
const ask = temporaryApi(() => courseRoutes(parts(), () => now));

const iso = (seconds: number): string => new Date((T0 + seconds) * 1000).toISOString();

async function course(flag: string, options: Record<string, string>): Promise<CourseDocument> {
  const { status, body } = await ask(`/api/v1/flags/${flag}/course?${new URLSearchParams(options)}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as CourseDocument;
}

function compare(flag: string, options: Record<string, string>): Promise<Comparison> {
  const { source, changes } = parts();
  const parameters = readComparisonParameters(Object.entries(options), now);
  return compareFlag(source, flag, parameters, now, { evidence: false, changes });
}

/** Cumulative streams of both variants, reported every `every` seconds; the treatment fails and is slow from `turn` on. */
function traffic(
  flag: string,
  { to, every = 10, turn, units = false }: { to: number; every?: number; turn: number; units?: boolean },
  shift = 0,
): Metric[] {
  const metrics: Metric[] = [];
  const totals = new Map<string, Map<number, number>>();
  const grow = (name: string, bucket: number, n: number): ReadonlyMap<number, number> => {
    const own = totals.get(name) ?? new Map<number, number>();
    totals.set(name, own.set(bucket, (own.get(bucket) ?? 0) + n));
    return new Map(own);
  };
  for (let at = every; at <= to; at += every) {
    for (const variant of ['off', 'on']) {
      const n = variant === 'off' ? 9 * every : every + (at % 7);
      const bad = variant === 'on' && at > turn ? Math.ceil(n / 10) : Math.floor(n / 90);
      grow(variant, bad > 1 ? -8 : -20, bad);
      const fine = grow(variant, -21, n);
      const failed = grow(`${variant} 500`, -21, bad);
      const reading = { start: T0 + shift, time: T0 + shift + at, scale: 2 };
      metrics.push(
        exponentialPoint({ flag, variant }, { ...reading, buckets: fine }, 2),
        exponentialPoint({ flag, variant, errorType: '500' }, { ...reading, buckets: failed }, 2),
      );
      if (!units) continue;
      const failures = [...failed.values()].reduce((sum, one) => sum + one, 0);
      for (let bucket = 0; bucket < 16; bucket++) {
        const add = (counter: 'operations' | 'errors' | 'exposed', value: number): void => {
          const place = { counter, flag, variant, bucket };
          metrics.push(unitPoint(place, { start: T0 + shift, time: T0 + shift + at, value }));
        };
        const operations = Math.floor(((fine.get(-21) ?? 0) / 32) * (1 + (bucket % 3) / 10));
        add('operations', operations);
        add('errors', Math.min(operations, Math.floor(failures / 17)));
        add('exposed', Math.floor(operations / (1 + at / 3600)));
      }
    }
  }
  return metrics;
}

async function fill(metrics: readonly Metric[], records: readonly LogRecord[] = []) {
  await store().sink.metrics(metrics);
  await store().sink.logs(records);
}

/** What both say of a treatment: the comparison of the window up to there. */
async function expectEnd(
  flag: string,
  options: Record<string, string>,
  steps = '60',
): Promise<CourseDocument> {
  const [of, end] = [await course(flag, { ...options, steps }), await compare(flag, options)];
  expect(of.window).toEqual(end.window);
  expect(of.moments.at(-1)).toBe(end.window.to);
  expect(
    of.comparisons.map(({ treatment, verdict, errors, slow }) => ({
      treatment,
      ...{ verdict: verdict.at(-1), errors: errors.at(-1), slow: slow.at(-1) },
    })),
  ).toEqual(
    end.comparisons.map(({ treatment, verdict, errors, slow }) => ({
      ...{ treatment, verdict },
      errors: { ratio: errors.ratio, low: errors.low, high: errors.high },
      slow: { ratio: slow.ratio, low: slow.low, high: slow.high },
    })),
  );
  const total = (counts: readonly number[]): number => counts.reduce((sum, n) => sum + n, 0);
  expect(of.variants.map((one) => [one.variant, total(one.requests), total(one.errors)])).toEqual(
    end.variants.map((one) => [one.variant, one.requests, one.errors]),
  );
  return of;
}

/** Each moment says what the comparison until there says, with the same beginning and threshold. */
async function expectMoments(flag: string, of: CourseDocument, options: Record<string, string>) {
  for (const [step, until] of of.moments.slice(0, -1).entries()) {
    const { comparisons } = await compare(flag, { ...options, until });
    const [course] = of.comparisons;
    const { ratio, low, high } = comparisons[0]?.errors ?? {};
    expect([until, course?.verdict[step], course?.errors[step]]).toEqual([
      until,
      comparisons[0]?.verdict,
      { ratio, low, high },
    ]);
    expect(course?.slow[step]).toMatchObject({ ratio: comparisons[0]?.slow.ratio });
  }
}

describe('the course of a comparison', () => {
  test('turns where the treatment does, and ends as the comparison', async () => {
    now = T0 + 1785;
    const flag = freshFlag();
    await fill(traffic(flag, { to: 1780, turn: 900 }));
    const of = await expectEnd(flag, { slow: '250ms' });
    expect(of.moments.slice(0, 2)).toEqual([iso(30), iso(60)]);
    const verdicts = of.comparisons[0]?.verdict ?? [];
    expect([verdicts[0], verdicts.at(-1)]).toEqual(['hold', 'roll-back']);
    const turned = verdicts.indexOf('roll-back');
    expect(Date.parse(of.moments[turned] ?? '') / 1000).toBeGreaterThan(T0 + 900);
    // Once proven it stays so while it goes on failing.
    expect(new Set(verdicts.slice(turned))).toEqual(new Set(['roll-back']));
  });

  test('lets the backend answer others between two moments', async () => {
    now = T0 + 1785;
    const flag = freshFlag();
    await fill(traffic(flag, { to: 1780, turn: 900 }));
    let turns = 0;
    let turnsWhenRead = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const { source, changes } = parts();
    const heard = new Proxy(source, {
      get(target, name, receiver) {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]): Promise<unknown> => {
          const answer: unknown = await Reflect.apply(method, target, given);
          turnsWhenRead = turns;
          return answer;
        };
      },
    });
    const query = new URLSearchParams({ slow: '250ms' });
    const { moments } = await courseDocument({ source: heard, changes }, flag, query, now);
    isDone = true;
    expect(moments.length).toBeGreaterThan(50);
    expect(turns - turnsWhenRead).toBeGreaterThanOrEqual(moments.length);
  });

  test('is by units where the comparison is, with failing units, over a change of shares, and a day', async () => {
    const flag = freshFlag();
    const shift = 57_600 - 1200; // The day ends within the traffic: T0 is 08:00 UTC.
    const change = flagChange({ id: flag, flag, time: T0 + shift + 730, shares: { on: 0.1, off: 0.9 } });
    await recordChange(createKeptChanges(store().query), store(), change);
    now = T0 + shift + 1795;
    const records = Array.from({ length: 120 }, (_, i) =>
      failedRecord({ [flag]: i % 3 === 0 ? 'off' : 'on' }, `unit ${i % 90}`, T0 + shift + 600 + i * 9),
    );
    const later = traffic(flag, { to: 1790, every: 30, turn: 600, units: true }, shift);
    await fill(later, records);
    const of = await expectEnd(flag, { slow: '250ms', since: iso(shift) }, '10');
    expect(of.changes.map(({ time }) => time)).toEqual([iso(shift + 730)]);
    await expectMoments(flag, of, { slow: '250ms', since: iso(shift) });
    const end = await compare(flag, { slow: '250ms', since: iso(shift) });
    expect(end.comparisons[0]?.errors.method).toBe('units');
  });

  test('leaves out of the slow requests what fixed the threshold', async () => {
    now = T0 + 3000;
    const flag = freshFlag();
    await fill(traffic(flag, { to: 2990, every: 35, turn: 1200 }));
    const of = await expectEnd(flag, {});
    expect(of.slowThreshold).not.toBeNull();
    const [off] = of.variants;
    expect([off?.slow[0], typeof off?.slow[1]]).toEqual([null, 'number']);
    expect(of.comparisons[0]?.slow[0]).toEqual({ ratio: null, low: null, high: null });
  });

  test('of one treatment, route and service; steps that are none are refused', async () => {
    now = T0 + 1000;
    const flag = freshFlag();
    await fill(traffic(flag, { to: 990, turn: 500 }));
    await expectEnd(flag, { slow: '250ms', treatment: 'on', route: '/checkout', service: 'shop' });
    for (const steps of ['1', '241', '2.5', 'x', '']) {
      const { status, body } = await ask(`/api/v1/flags/${flag}/course?steps=${steps}`);
      expect([status, body.error.message]).toEqual([400, expect.stringContaining('from 2 to 240')]);
    }
    expect(await ask(`/api/v1/flags/${flag}/course?treatment=mauve`)).toMatchObject({ status: 404 });
    expect(await ask('/api/v1/flags/unheard-of/course')).toMatchObject({ status: 404 });
  });

  test('before the treatment had any request there is nothing to prove, and no time to wait for', async () => {
    now = T0 + 1200;
    const flag = freshFlag();
    const reported = BigInt(T0 + 700) * 1_000_000_000n;
    const metrics = traffic(flag, { to: 1190, turn: 9999 });
    // Two metrics of the control, then two of the treatment, at each report.
    await fill(metrics.filter(({ points }, i) => i % 4 < 2 || (points[0]?.timeUnixNano ?? 0n) > reported));
    const options = { slow: '250ms', since: iso(0), 'min-time': '5m' };
    const of = await expectEnd(flag, options, '4');
    expect(of.comparisons[0]?.errors[0]).toEqual({ ratio: null, low: null, high: null });
    expect(of.variants[1]?.requests[0]).toBe(0);
  });

  test('distinct units up to each moment are those of a window that ends there', async () => {
    const flag = freshFlag();
    const midnight = 57_600; // T0 is 08:00 UTC.
    await fill(traffic(flag, { to: 2390, every: 70, turn: 600, units: true }, midnight - 300));
    const window = { from: T0 + midnight - 300, to: T0 + midnight + 2095 };
    const cut = { edgeIndex: -8, calibratedUntil: 0, changes: [window.from + 1030] };
    const moments = [150, 300, 400, 730, 900, 1000, 1300, 2100, 2395].map((at) => window.from + at);
    const { source } = parts();
    for (const leftOut of [[], [window.from + 1030]]) {
      const steps = await source.distinctSteps({ flag }, window, cut, leftOut, moments);
      for (const [step, to] of moments.entries()) {
        const until = await source.distinctUnits({ flag }, { ...window, to }, cut, leftOut);
        expect([to, steps[step]]).toEqual([to, until]);
      }
      const day = (step: number): number => steps[step]?.[0]?.units ?? 0;
      // The first report of a day tells of two, and its block is left out.
      expect([day(3), day(4)]).toEqual([day(1), day(1)]);
      expect(day(8)).toBeGreaterThan(day(1));
    }
  });
});
