import { describe, expect, test } from 'vitest';
import { describeComparison } from '../../src/cli/comparison-text.js';
import type { LogRecord, Metric } from '../../src/otlp/model.js';
import { recordChange } from '../../src/server/change-log.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import type { Change } from '../../src/sources/change.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import type { FirstExposures } from '../../src/sources/source.js';
import { flagChange, historyOf } from '../support/changes.js';
import { exponentialPoint, resource, type Stream } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { evaluationRecord } from '../support/unit-points.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const DAY = 86_400;

const store = temporaryStore();

describe('units by their first recorded evaluation', () => {
  const ask = (flag: string, bounds: readonly number[] = [T0]): Promise<FirstExposures> =>
    createClickHouseSource(store().query).firstExposures(
      { flag },
      { from: T0, to: T0 + 3 * DAY },
      ['shop'],
      bounds,
      'off',
    );
  const units = async (flag: string, bounds?: readonly number[]): Promise<string[]> =>
    (await ask(flag, bounds)).units.map(({ stretch, variant, units: n }) => `${stretch} ${variant} ${n}`);

  test('count once, whatever the process, the day, the variant afterwards and the retries', async () => {
    const flag = freshFlag();
    const other = resource({ 'service.instance.id': 'i2' });
    const first = evaluationRecord(flag, 'off', T0 + 60, { unit: 'ada' });
    await store().sink.logs([
      first,
      evaluationRecord(flag, 'off', T0 + 70, { unit: 'ada', resource: other }),
      evaluationRecord(flag, 'on', T0 + DAY, { unit: 'ada' }),
      evaluationRecord(flag, 'on', T0 + DAY, { unit: 'bob', resource: other }),
      evaluationRecord(flag, 'off', T0 - 1, { unit: 'eve' }),
      evaluationRecord(flag, 'off', T0 + DAY + 1, { unit: 'eve' }),
    ]);
    await store().sink.logs([first]);
    expect(await units(flag, [T0, T0 + DAY])).toEqual(['1 off 1', '2 off 1', '2 on 1']);
    expect((await ask(flag)).operations).toEqual([
      { service: 'shop', variant: 'off', operations: 3, identified: 3 },
      { service: 'shop', variant: 'on', operations: 2, identified: 2 },
    ]);
  });

  test('are of records that Telltale wrote for what the release assigned, in the services compared', async () => {
    const flag = freshFlag();
    await store().sink.logs([
      evaluationRecord(flag, 'on', T0 + 1, { unit: 'ada', scope: 'another-hook' }),
      evaluationRecord(flag, 'on', T0 + 2, {
        unit: 'bob',
        attributes: { 'feature_flag.result.reason': 'target_match' },
      }),
      evaluationRecord(flag, 'on', T0 + 2, {
        unit: 'a tester',
        attributes: { 'feature_flag.result.reason': 'targeting_match', 'telltale.assignment': 'override' },
      }),
      evaluationRecord(flag, 'on', T0 + 3, { unit: 'eve', resource: resource({ 'service.name': 'web' }) }),
      evaluationRecord(flag, 'on', T0 + 4),
    ]);
    expect(await ask(flag)).toEqual({
      units: [],
      operations: [{ service: 'shop', variant: 'on', operations: 1, identified: 0 }],
      // The store was made on an earlier day.
      keptFrom: T0 - (T0 % DAY),
    });
  });

  test('do not count where they were exposed before, since the first was treated', async () => {
    const flag = freshFlag();
    await store().sink.logs([
      evaluationRecord(flag, 'off', T0 - 300, { unit: 'early' }),
      evaluationRecord(flag, 'on', T0 - 200, { unit: 'treated' }),
      evaluationRecord(flag, 'off', T0 - 100, { unit: 'not treated' }),
      ...['early', 'treated', 'not treated', 'new'].map((unit) =>
        evaluationRecord(flag, unit === 'treated' ? 'on' : 'off', T0 + 60, { unit }),
      ),
    ]);
    expect(await units(flag)).toEqual(['1 off 2']);
  });

  test('and operations with a record once for each trace', async () => {
    const flag = freshFlag();
    const trace = 'ab'.repeat(16);
    const twice = [1, 2].map((at) => evaluationRecord(flag, 'on', T0 + at, { unit: 'ada', trace }));
    await store().sink.logs([...twice, evaluationRecord(flag, 'on', T0 + 3, { unit: 'ada' })]);
    expect((await ask(flag)).operations).toEqual([
      { service: 'shop', variant: 'on', operations: 2, identified: 2 },
    ]);
  });
});

/** Reports of both variants' requests, up to `T0 + at`. */
const requests = (flag: string, at: number, on: number, off: number, over: Partial<Stream> = {}): Metric[] =>
  [
    ['on', on],
    ['off', off],
  ].map(([variant, n]) =>
    exponentialPoint(
      { flag, variant: String(variant), ...over },
      { start: T0 + at - 60, time: T0 + at, scale: 2, buckets: new Map([[-21, Number(n)]]) },
      1,
    ),
  );

/** Evaluations of units within a minute, the first so many with the treatment, as their hash would say. */
const evaluations = (flag: string, at: number, group: string, on: number, off: number): LogRecord[] =>
  ['on', 'off'].flatMap((variant) =>
    Array.from({ length: variant === 'on' ? on : off }, (_, i) =>
      evaluationRecord(flag, variant, T0 + at - 60 + i / 100, {
        unit: `${group} ${variant === 'on' ? i : on + i}`,
      }),
    ),
  );

const change = (flag: string, at: number, on: number, sharesBefore: Change['sharesBefore'] = null): Change =>
  flagChange({ id: `${flag} ${at}`, flag, time: T0 + at, shares: { on, off: 1 - on }, sharesBefore });

async function compare(
  flag: string,
  records: readonly LogRecord[],
  metrics: readonly Metric[],
  changes: readonly Change[],
  options: Record<string, string> = {},
  now: number = T0 + 2 * DAY,
): Promise<Comparison> {
  await store().sink.logs(records);
  await store().sink.metrics(metrics);
  const kept = createKeptChanges(store().query);
  for (const told of changes) await recordChange(kept, store(), told);
  const parameters = readComparisonParameters(Object.entries({ slow: '1s', ...options }), now);
  const source = createClickHouseSource(store().query);
  return compareFlag(source, flag, parameters, now, { evidence: true, changes: historyOf(store()) });
}

describe('the sample ratio, where every evaluation is recorded with an id', () => {
  const STEP = DAY + 3600;

  /** 10 % on the first day, half on the second, with the first day's units again, a tenth of them now treated. */
  const ramp = (flag: string, on: number): readonly [LogRecord[], Metric[], Change[]] => [
    [
      ...evaluations(flag, 600, 'early', 100, 900),
      ...evaluations(flag, STEP + 600, 'early', 500, 500),
      ...evaluations(flag, STEP + 660, 'late', on, 500),
    ],
    [
      ...requests(flag, 600, 100, 900),
      ...requests(flag, STEP + 600, 500, 500),
      ...requests(flag, STEP + 660, on, 500),
    ],
    [change(flag, 0, 0.1, { off: 1 }), change(flag, STEP, 0.5)],
  ];

  test('is tested in each epoch, over days, by the shares that were told, and says so', async () => {
    const flag = freshFlag();
    const comparison = await compare(flag, ...ramp(flag, 500));
    expect(comparison.comparisons[0]?.sampleRatio).toBeLessThan(0);
    const [first, second] = comparison.sampleRatioTest?.tested ?? [];
    expect(comparison.sampleRatioTest).toMatchObject({ by: 'unit-ids', untested: [] });
    expect(first).toMatchObject({ allocation: { on: 0.1, off: 0.9 }, exposed: { on: 100, off: 900 } });
    // 400 who were in the control, and have the treatment now, were exposed before.
    expect(second).toMatchObject({ allocation: { on: 0.5, off: 0.5 }, exposed: { on: 500, off: 500 } });
    expect(comparison.comparisons[0]?.evidence?.epochs).toHaveLength(2);
    const text = describeComparison(comparison);
    expect(text).toContain('units at their first exposure, by unit ids');
    expect(text).toContain('off 900 (90.0 % of 90.0 %), on 100 (10.0 % of 10.0 %)');
  });

  test('finds who is missing on the second day', async () => {
    const flag = freshFlag();
    const comparison = await compare(flag, ...ramp(flag, 200));
    expect(comparison.comparisons[0]?.sampleRatio).toBeGreaterThan(Math.log(1000));
    expect(comparison.comparisons[0]?.reasons).toContain('sample-ratio');
  });

  test('leaves out the two minutes after a change, and time whose shares nobody told', async () => {
    const flag = freshFlag();
    const [records, metrics, [first]] = ramp(flag, 200);
    const untold = flagChange({ id: flag, flag, time: T0 + STEP });
    const comparison = await compare(
      flag,
      [...records, ...evaluations(flag, 90, 'changing', 500, 0)],
      [...metrics, ...requests(flag, 90, 500, 0)],
      first === undefined ? [] : [first, untold],
    );
    const { tested = [], untested = [] } = comparison.sampleRatioTest ?? {};
    expect(tested.map(({ exposed }) => exposed)).toEqual([{ on: 100, off: 900 }]);
    expect(untested.map(({ why }) => why)).toEqual(['nobody told the shares']);
    expect(describeComparison(comparison)).toContain('not tested: nobody told the shares');
  });

  test('is not tested by ids where evaluations have no record, and says which', async () => {
    const flag = freshFlag();
    const [records, metrics, changes] = ramp(flag, 200);
    const half = records.filter((_, i) => i % 2 === 0);
    const comparison = await compare(flag, half, metrics, changes);
    expect(comparison).toMatchObject({ sampleRatioTest: null, comparisons: [{ sampleRatio: null }] });
    expect(comparison.comparisons[0]?.explanation.join(' ')).toMatch(
      /TELLTALE_RECORDS=once-per-scope.* 50 % of the requests with o\w+ have no record of their evaluation/,
    );
  });

  test('is not tested by ids where a service writes none, and says which', async () => {
    const flag = freshFlag();
    const [records, metrics, changes] = ramp(flag, 200);
    const web = resource({ 'service.name': 'web' });
    const nameless = Array.from({ length: 300 }, (_, i) =>
      evaluationRecord(flag, i < 100 ? 'on' : 'off', T0 + 590 + i / 100, { resource: web }),
    );
    const others = requests(flag, 600, 100, 200, { resource: web });
    const comparison = await compare(flag, [...records, ...nameless], [...metrics, ...others], changes);
    expect(comparison.sampleRatioTest).toBeNull();
    expect(comparison.comparisons[0]?.explanation.join(' ')).toMatch(
      / % of the requests with o\w+ have no record of their evaluation, or no unit has an id \(web\)\./,
    );
  });

  test('is of all routes, and their records, where one is looked at', async () => {
    const flag = freshFlag();
    const [records, metrics, changes] = ramp(flag, 200);
    const half = records.filter((_, i) => i % 2 === 0);
    const few = requests(flag, 700, 10, 10, { route: '/cart' });
    const some = await compare(flag, half, [...metrics, ...few], changes, { route: '/cart' });
    expect(some.sampleRatioTest).toBeNull();
    const all = await compare(flag, records, [], [], { route: '/cart' });
    expect(all.sampleRatioTest?.by).toBe('unit-ids');
  });

  test('is not tested by ids where the release is older than what is looked at', async () => {
    const flag = freshFlag();
    const asked = { allocation: 'on=50,off=50' };
    const records = [
      ...evaluations(flag, 600, 'early', 500, 500),
      ...evaluations(flag, 1200, 'late', 100, 500),
    ];
    const metrics = [...requests(flag, 600, 500, 500), ...requests(flag, 1200, 100, 500)];
    expect((await compare(flag, records, metrics, [], asked)).sampleRatioTest?.by).toBe('unit-ids');
    const later = await compare(flag, [], [], [], asked, T0 + 6.5 * DAY);
    expect(later.sampleRatioTest).toBeNull();
    const told = await compare(
      flag,
      [],
      [],
      [],
      { ...asked, since: new Date(T0 * 1000).toISOString() },
      T0 + 6.5 * DAY,
    );
    expect(told.sampleRatioTest?.by).toBe('unit-ids');
  });

  test('leaves out the block in which traffic says that the release began, and no start that slides', async () => {
    const flag = freshFlag();
    const records = [
      ...evaluations(flag, 60, 'before', 0, 2000),
      ...evaluations(flag, 1200, 'after', 100, 900),
    ];
    const metrics = [...requests(flag, 60, 1, 1999), ...requests(flag, 1200, 100, 900)];
    const asked = { allocation: 'on=10,off=90' };
    const comparison = await compare(
      flag,
      [...records, evaluationRecord(flag, 'on', T0 + 59)],
      metrics,
      [],
      asked,
    );
    expect(comparison.sampleRatioTest?.tested.map(({ exposed }) => exposed)).toEqual([{ on: 100, off: 900 }]);
    const sliding = await compare(flag, [], [], [], { ...asked, since: '3d' });
    expect(sliding.sampleRatioTest).toBeNull();
  });
});
