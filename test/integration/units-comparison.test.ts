import { describe, expect, test } from 'vitest';
import type { LogRecord, Metric, Resource } from '../../src/otlp/model.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { exponentialPoint, resource, type Stream } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { failedRecord, type UnitStream, unitPoint } from '../support/unit-points.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const NOW = T0 + 3600;
const SINCE = new Date(T0 * 1000).toISOString();
const EDGE = 0.25;

const store = temporaryStore();

/** A delta point of requests, reported at `T0 + at`; the flag's version is written where it is given. */
function requests(stream: Stream, n: number, at = 60, version = ''): Metric {
  const buckets = new Map([[-21, n]]);
  const metric = exponentialPoint(stream, { start: T0 + at - 1, time: T0 + at, scale: 2, buckets }, 1);
  if (version === '') return metric;
  const points = metric.points.map((point) => ({
    ...point,
    attributes: { ...point.attributes, 'feature_flag.version': version },
  }));
  return { ...metric, points };
}

/** The counters of one variant's units, one number a bucket, reported at `T0 + at` by a process begun at `T0 + 1`. */
function units(
  flag: string,
  variant: string,
  sums: Partial<Record<UnitStream['counter'], (bucket: number) => number>>,
  over: { at?: number; start?: number; resource?: Resource; threshold?: number } = {},
): Metric[] {
  const { at = 60, start = 1, threshold = EDGE, resource: of } = over;
  return Object.entries(sums).flatMap(([name, sum]) =>
    Array.from({ length: 16 }, (_, bucket) =>
      unitPoint(
        {
          counter: name as UnitStream['counter'],
          flag,
          variant,
          bucket,
          ...(name === 'slow' ? { threshold } : {}),
          ...(of === undefined ? {} : { resource: of }),
        },
        { start: T0 + start, time: T0 + at, value: sum(bucket) },
      ),
    ),
  );
}

async function compare(
  flag: string,
  options: Record<string, string>,
  metrics: readonly Metric[] = [],
  records: readonly LogRecord[] = [],
): Promise<Comparison> {
  await store().sink.metrics(metrics);
  await store().sink.logs(records);
  const parameters = readComparisonParameters(Object.entries({ slow: '250ms', ...options }), NOW);
  return compareFlag(createClickHouseSource(store().query), flag, parameters, NOW);
}

const said = (comparison: Comparison): string => comparison.comparisons[0]?.explanation.join(' ') ?? '';

/** One user in bucket 5 whom the treatment fails each time: 40 of its 1,000 requests, 3 operations of its units. */
const oneUser = (flag: string, of?: Resource): Metric[] => {
  const where = of === undefined ? {} : { resource: of };
  return [
    requests({ flag, variant: 'off', ...where }, 9000),
    requests({ flag, variant: 'on', ...where }, 960),
    requests({ flag, variant: 'on', errorType: '500', ...where }, 40),
    ...units(flag, 'off', { operations: () => 270, slow: () => 0 }, where),
    ...units(flag, 'on', { operations: () => 30, errors: (b) => (b === 5 ? 3 : 0), slow: () => 0 }, where),
  ];
};

describe('judged by units', () => {
  test('one user who always fails rolls back by requests, and holds by units', async () => {
    const [with_, without] = [freshFlag(), freshFlag()];
    const byRequests = await compare(
      without,
      {},
      oneUser(without).filter(({ name }) => name === 'telltale.operation.duration'),
    );
    expect(byRequests.comparisons[0]).toMatchObject({
      verdict: 'roll-back',
      errors: { method: 'requests' },
      slow: { method: 'requests' },
    });
    const byUnits = await compare(with_, {}, oneUser(with_));
    expect(byUnits.comparisons[0]).toMatchObject({
      verdict: 'hold',
      errors: { method: 'unit-buckets', logEHarm: 0 },
      slow: { method: 'unit-buckets' },
    });
    expect(said(byUnits)).toContain('control failed 0 of 4,320, treatment 3 of 480');
    expect(said(byUnits)).toContain('4,800 of 10,000 requests count for their units');
  });

  test('many users who fail roll back by units too', async () => {
    const flag = freshFlag();
    const comparison = await compare(flag, {}, [
      requests({ flag, variant: 'off' }, 8984),
      requests({ flag, variant: 'off', errorType: '500' }, 16),
      requests({ flag, variant: 'on' }, 968),
      requests({ flag, variant: 'on', errorType: '500' }, 32),
      ...units(flag, 'off', { operations: () => 270, errors: () => 1 }),
      ...units(flag, 'on', { operations: () => 30, errors: () => 2 }),
    ]);
    expect(comparison.comparisons[0]).toMatchObject({
      verdict: 'roll-back',
      errors: { method: 'unit-buckets' },
    });
  });

  test('one route is judged by requests: units tell none', async () => {
    const flag = freshFlag();
    const comparison = await compare(flag, { route: '/checkout' }, oneUser(flag));
    expect(comparison.comparisons[0]?.errors.method).toBe('requests');
  });

  test('a service that counts no units is not overlooked: all is judged by requests', async () => {
    const flag = freshFlag();
    const jobs = resource({ 'service.name': 'jobs', 'service.version': '7' });
    const comparison = await compare(flag, {}, [
      ...oneUser(flag).filter(({ name }) => name.startsWith('telltale.unit')),
      requests({ flag, variant: 'off' }, 9000),
      requests({ flag, variant: 'on' }, 1000),
      requests({ flag, variant: 'off', resource: jobs }, 900),
      requests({ flag, variant: 'on', errorType: '500', resource: jobs }, 100),
    ]);
    expect(comparison.comparisons[0]).toMatchObject({
      verdict: 'roll-back',
      errors: { method: 'requests' },
    });
    expect(said(comparison)).toContain('No units of both variants are counted in jobs 7');
  });

  test('blocks in which the version changed are left out of the units, and of nothing else', async () => {
    const flag = freshFlag();
    const both = (n: number, at: number, version: string) =>
      ['off', 'on'].map((variant) => requests({ flag, variant }, n, at, version));
    const reported = (value: number, at: number) =>
      ['off', 'on'].flatMap((variant) => units(flag, variant, { operations: () => value }, { at }));
    const comparison = await compare(flag, {}, [
      ...both(100, 60, '1'),
      ...both(200, 700, '1'),
      ...both(300, 720, '2'),
      ...both(400, 1260, '2'),
      ...reported(1, 60),
      ...reported(21, 720),
      ...reported(24, 1260),
    ]);
    expect(comparison.variants.map((variant) => variant.requests)).toEqual([1000, 1000]);
    expect(said(comparison)).toContain('control failed 0 of 64, treatment 0 of 64');
  });

  test('failures without their operations are lost telemetry: nothing is called safe', async () => {
    const flag = freshFlag();
    const calm = (at: number) =>
      ['off', 'on'].flatMap((variant) => [
        requests({ flag, variant }, 90_000, at),
        ...units(
          flag,
          variant,
          { operations: () => 5000 * (at > 600 ? 2 : 1), slow: () => 0, exposed: () => 5000 },
          { at },
        ),
      ]);
    const safe = await compare(flag, {}, [...calm(60), ...calm(1260)]);
    expect(safe.comparisons[0]).toMatchObject({ verdict: 'roll-forward' });
    const lost = await compare(flag, {}, [
      requests({ flag, variant: 'on' }, 1, 660),
      unitPoint(
        { counter: 'errors', flag, variant: 'on', bucket: 2 },
        { start: T0 + 600, time: T0 + 660, value: 1 },
      ),
    ]);
    expect(lost.comparisons[0]).toMatchObject({ verdict: 'hold', reasons: ['incomplete'] });
    expect(said(lost)).toContain('Blocks in which units outnumber requests (1)');
  });

  test('requests without a unit that all fail are never called safe', async () => {
    const flag = freshFlag();
    const calm = { operations: () => 2500, slow: () => 0, exposed: () => 2500 };
    const comparison = await compare(flag, {}, [
      requests({ flag, variant: 'off' }, 90_000),
      requests({ flag, variant: 'on' }, 50_000),
      requests({ flag, variant: 'on', errorType: '500' }, 40_000),
      ...units(flag, 'off', calm),
      ...units(flag, 'on', calm),
    ]);
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'hold', errors: { method: 'unit-buckets' } });
    expect(said(comparison)).toContain('Taken by requests, failures prove harm');
    expect(said(comparison)).toContain('treatment 40,000 of 90,000');
  });

  test('a block whose successes are fewer than those of its units has lost requests', async () => {
    const flag = freshFlag();
    const calm = { operations: () => 5000, slow: () => 0, exposed: () => 5000 };
    const comparison = await compare(flag, {}, [
      requests({ flag, variant: 'off' }, 90_000),
      requests({ flag, variant: 'on' }, 50_000),
      requests({ flag, variant: 'on', errorType: '500' }, 40_000),
      ...units(flag, 'off', calm),
      ...units(flag, 'on', calm),
    ]);
    expect(comparison.comparisons[0]?.verdict).toBe('roll-back');
    expect(comparison.comparisons[0]?.errors.method).toBe('requests');
  });
});

describe('counters that a limit folded together', () => {
  test('hold the verdict of their service, and of no other', async () => {
    const folding = { resource: resource({ 'service.name': 'folding' }) };
    const calm = (flag: string, where: { resource?: Resource } = {}): Metric[] =>
      ['off', 'on'].flatMap((variant) => [
        requests({ flag, variant, ...where }, 90_000),
        ...units(flag, variant, { operations: () => 5000, slow: () => 0, exposed: () => 5000 }, where),
      ]);
    const [flag, other] = [freshFlag(), freshFlag()];
    const [metric] = units('', '', { operations: () => 1 }, folding);
    if (metric?.type !== 'sum') throw new Error('a counter was to be made');
    const points = metric.points.map((point) => ({
      ...point,
      attributes: { 'otel.metric.overflow': 'true' },
    }));
    const folded = await compare(flag, { service: 'folding' }, [
      ...calm(flag, folding),
      { ...metric, points },
    ]);
    expect(folded.comparisons[0]).toMatchObject({ verdict: 'hold', reasons: ['overflow'] });
    const elsewhere = await compare(other, {}, calm(other));
    expect(elsewhere.comparisons[0]).toMatchObject({ verdict: 'roll-forward' });
  });
});

describe('the slow guardrail', () => {
  test('is by requests where the application counts slow operations above another threshold', async () => {
    const flag = freshFlag();
    const other = { threshold: 2 ** (-7 / 4) };
    const comparison = await compare(flag, {}, [
      requests({ flag, variant: 'off' }, 9000),
      requests({ flag, variant: 'on' }, 1000),
      ...units(flag, 'off', { operations: () => 270, slow: () => 100 }, other),
      ...units(flag, 'on', { operations: () => 30, slow: () => 30 }, other),
    ]);
    expect(comparison.comparisons[0]).toMatchObject({
      errors: { method: 'unit-buckets' },
      slow: { method: 'requests', threshold: 0.25 },
    });
    expect(said(comparison)).toContain('Slow requests are judged by requests, as no units are counted');
    expect(said(comparison)).toContain(
      'TELLTALE_SLOW_THRESHOLD_MS=250 in every service and compare with --slow 250ms',
    );
  });

  test('is by requests where one of two services counts none', async () => {
    const flag = freshFlag();
    const cart = { resource: resource({ 'service.name': 'cart' }) };
    const comparison = await compare(flag, {}, [
      ...oneUser(flag),
      requests({ flag, variant: 'off', ...cart }, 900),
      requests({ flag, variant: 'on', ...cart }, 100),
      ...units(flag, 'off', { operations: () => 27 }, cart),
      ...units(flag, 'on', { operations: () => 3 }, cart),
    ]);
    expect(comparison.comparisons[0]).toMatchObject({
      errors: { method: 'unit-buckets' },
      slow: { method: 'requests' },
    });
  });
});

describe('distinct units', () => {
  const traffic = (flag: string, exposed: number): Metric[] =>
    ['off', 'on'].flatMap((variant) => [
      requests({ flag, variant }, 90_000),
      ...units(flag, variant, {
        operations: () => 5000,
        slow: () => 0,
        ...(exposed > 0 ? { exposed: () => exposed } : {}),
      }),
    ]);

  test('let the absolute margin prove safety, the less the fewer there are', async () => {
    const [many, few, unknown] = [freshFlag(), freshFlag(), freshFlag()];
    const logESafe = async (flag: string, exposed: number) =>
      (await compare(flag, {}, traffic(flag, exposed))).comparisons[0]?.errors.logESafe ?? 0;
    const [most, less, none] = [
      await logESafe(many, 5000),
      await logESafe(few, 100),
      await logESafe(unknown, 0),
    ];
    expect(most).toBeGreaterThan(less);
    expect(less).toBeGreaterThan(none);
    expect(said(await compare(unknown, {}))).toContain('How many units there are is unknown');
  });
});

describe('failing units', () => {
  const failing = (flag: string, variant: string, n: number, prefix = variant): LogRecord[] =>
    Array.from({ length: n }, (_, i) => failedRecord({ [flag]: variant }, `${prefix}-${i}`, T0 + 30));
  const traffic = (flag: string): Metric[] => [
    requests({ flag, variant: 'off' }, 8968),
    requests({ flag, variant: 'off', errorType: '500' }, 32),
    requests({ flag, variant: 'on' }, 954),
    requests({ flag, variant: 'on', errorType: '500' }, 46),
    ...units(flag, 'off', { operations: () => 540, errors: () => 2 }),
    ...units(flag, 'on', { operations: () => 60, errors: (b) => (b % 3 === 0 ? 1 : 0) }),
  ];

  test('are further evidence of harm, each once', async () => {
    const flag = freshFlag();
    expect((await compare(flag, {}, traffic(flag))).comparisons[0]).toMatchObject({
      verdict: 'hold',
      errors: { method: 'unit-buckets' },
    });
    const records = [...failing(flag, 'on', 40), ...failing(flag, 'off', 30)];
    const proven = await compare(flag, {}, [], [...records, ...records]);
    expect(proven.comparisons[0]).toMatchObject({ verdict: 'roll-back', errors: { method: 'units' } });
  });

  test('are left out of a service in which a tester failed: the records do not tell who was one', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      {},
      [...traffic(flag), requests({ flag, variant: 'on', assignment: 'override', errorType: '500' }, 3)],
      [...failing(flag, 'on', 40), ...failing(flag, 'off', 30)],
    );
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'hold', errors: { method: 'unit-buckets' } });
  });

  test('of a block without operations of units do not stop the comparison', async () => {
    const flag = freshFlag();
    const early = failedRecord({ [flag]: 'on' }, 'ada', T0 + 1800);
    const comparison = await compare(flag, {}, traffic(flag), [early]);
    expect(comparison.comparisons[0]).toMatchObject({ errors: { method: 'unit-buckets' } });
  });
});

describe('the sample ratio', () => {
  /** 160 of 640 units with the treatment where one of ten was to have it. */
  const skewed = (flag: string, over: Parameters<typeof units>[3] = {}): Metric[] => [
    requests({ flag, variant: 'off' }, 480),
    requests({ flag, variant: 'on' }, 160),
    ...units(flag, 'off', { operations: () => 30, exposed: () => 30 }, over),
    ...units(flag, 'on', { operations: () => 10, exposed: () => 10 }, over),
  ];
  const ALLOCATION = { allocation: 'on=10,off=90', since: SINCE };

  test('of one process, begun within the comparison: a mismatch holds', async () => {
    const flag = freshFlag();
    const comparison = await compare(flag, ALLOCATION, skewed(flag));
    const [on] = comparison.comparisons;
    expect(on?.sampleRatio).toBeGreaterThan(Math.log(1000));
    expect(on?.reasons).toContain('sample-ratio');
    expect(said(comparison)).toContain('on 160 (64 expected), off 480 (576 expected)');
    const followed = await compare(flag, { ...ALLOCATION, allocation: 'on=1,off=3' });
    expect(followed.comparisons[0]?.sampleRatio).toBeLessThan(0);
    expect(followed.comparisons[0]?.reasons).not.toContain('sample-ratio');
    expect(said(followed)).toContain('Units follow their allocation: 0.');
  });

  test('is not tested, and said to be so, where a unit may have been counted twice or not at all', async () => {
    const untested = async (
      why: string,
      options: Record<string, string>,
      traffic: (flag: string) => Metric[],
    ) => {
      const flag = freshFlag();
      const comparison = await compare(flag, { ...ALLOCATION, ...options }, traffic(flag));
      expect(comparison.comparisons[0]?.sampleRatio).toBeNull();
      expect(said(comparison)).toContain(why);
    };
    const other = { resource: resource({ 'service.instance.id': 'i2' }) };
    await untested('2 processes count units', {}, (flag) => [...skewed(flag), ...skewed(flag, other)]);
    await untested('the process started again', {}, (flag) => [
      ...skewed(flag),
      ...skewed(flag, { start: 100, at: 160 }),
    ]);
    await untested('counted units before the comparison began', {}, (flag) => skewed(flag, { start: -600 }));
    await untested('give --since as a time', { since: '61m' }, (flag) => skewed(flag));
    await untested('no units are counted', {}, (flag) => skewed(flag).slice(0, 2));
    await untested('the version of the flag', {}, (flag) => [
      ...skewed(flag),
      requests({ flag, variant: 'on' }, 10, 120, '2'),
    ]);
  });

  test('a version says since when the allocation holds, and nothing is said where none is given', async () => {
    const flag = freshFlag();
    const { since: _, ...allocation } = ALLOCATION;
    const versioned = skewed(flag);
    versioned[0] = requests({ flag, variant: 'off' }, 480, 60, '4');
    versioned[1] = requests({ flag, variant: 'on' }, 160, 60, '4');
    const tested = await compare(flag, allocation, versioned);
    expect(tested.comparisons[0]?.sampleRatio).toBeGreaterThan(Math.log(1000));
    const unasked = await compare(flag, {});
    expect(unasked.comparisons[0]?.sampleRatio).toBeNull();
    expect(said(unasked)).not.toContain('allocation');
  });

  test('only the first day counts: on the next, each unit is counted again', async () => {
    const flag = freshFlag();
    // T0 is at 08:00 in UTC.
    const parameters = readComparisonParameters(
      Object.entries({ slow: '250ms', ...ALLOCATION }),
      T0 + 86_400,
    );
    await store().sink.metrics([
      ...skewed(flag),
      ...units(flag, 'on', { exposed: () => 500 }, { at: 60_000 }),
    ]);
    const source = createClickHouseSource(store().query);
    const comparison = await compareFlag(source, flag, parameters, T0 + 86_400);
    expect(said(comparison)).toContain('on 160 (64 expected)');
  });
});
