import { describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { exponentialPoint, resource, type Stream } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const NOW = T0 + 3600;

const store = temporaryStore();

/** At scale 2: (0.0263, 0.0313] and (0.25, 0.297] seconds. */
const FAST = -21;
const SLOW = -8;

/** A delta point: so many fast and slow operations reported at `T0 + at`. */
function operations(stream: Stream, at: number, fast: number, slow = 0): Metric {
  const buckets = new Map([
    [FAST, fast],
    [SLOW, slow],
  ]);
  return exponentialPoint(stream, { start: T0 + at - 1, time: T0 + at, scale: 2, buckets }, 1);
}

async function compare(
  flag: string,
  options: Record<string, string>,
  ...metrics: Metric[]
): Promise<Comparison> {
  await store().sink.metrics(metrics);
  const parameters = readComparisonParameters(Object.entries(options), NOW);
  return compareFlag(createClickHouseSource(store().query), flag, parameters, NOW);
}

describe('verdicts', () => {
  test('five errors in 1,000, none in 9,000: roll back, with the odds of the reference', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      { slow: '1s' },
      operations({ flag, variant: 'off' }, 60, 9000),
      operations({ flag, variant: 'on' }, 60, 995),
      operations({ flag, variant: 'on', errorType: '500' }, 60, 5),
    );
    const [on] = comparison.comparisons;
    expect(on).toMatchObject({ treatment: 'on', verdict: 'roll-back', reasons: [], requestsNeeded: null });
    // The reference verdict "five-of-a-thousand": E_harm does not depend on how many guardrails there are.
    expect(on?.errors.logEHarm).toBeCloseTo(7.627337767729207, 9);
    expect(on?.explanation[0]).toBe(
      'control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.',
    );
    expect(comparison.variants).toEqual([
      expect.objectContaining({ variant: 'off', requests: 9000, errors: 0, errorRate: 0, share: 0.9 }),
      expect.objectContaining({ variant: 'on', requests: 1000, errors: 5, errorRate: 0.005, share: 0.1 }),
    ]);
    expect(comparison.window).toEqual({
      from: new Date(T0 * 1000).toISOString(),
      to: new Date(NOW * 1000).toISOString(),
    });
  });

  test('the slow share alone rolls back, at a threshold snapped down to its edge', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      { slow: '260ms' },
      operations({ flag, variant: 'off' }, 60, 4750, 250),
      operations({ flag, variant: 'on' }, 60, 4600, 400),
    );
    const [on] = comparison.comparisons;
    expect(comparison.slowThreshold).toEqual({ seconds: 0.25, asked: 0.26, origin: 'configured' });
    expect(on).toMatchObject({ verdict: 'roll-back', slow: { threshold: 0.25 } });
    expect(on?.slow.ratio).toBeCloseTo(1.6, 9);
    // The reference verdict "slow-only".
    expect(on?.slow.logEHarm).toBeCloseTo(8.06231027994752, 9);
  });

  test('no difference over enough requests: roll forward', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      { slow: '250ms' },
      operations({ flag, variant: 'off' }, 60, 95_000, 5000),
      operations({ flag, variant: 'on' }, 60, 95_000, 5000),
    );
    expect(comparison.comparisons[0]).toMatchObject({
      verdict: 'roll-forward',
      reasons: [],
      requestsNeeded: 0,
    });
  });

  test('minimum requests and time hold a roll-forward back, and the time counts from the first treatment', async () => {
    const flag = freshFlag();
    const traffic = [
      operations({ flag, variant: 'off' }, 60, 100_000),
      operations({ flag, variant: 'off' }, 1200, 100_000),
      operations({ flag, variant: 'on' }, 1200, 100_000),
    ];
    const held = await compare(flag, { slow: '250ms', 'min-time': '41m' }, ...traffic);
    expect(held.comparisons[0]).toMatchObject({ verdict: 'hold', reasons: ['too-early'] });
    const passed = await compare(flag, { slow: '250ms', 'min-time': '40m', 'min-requests': '200000' });
    expect(passed.comparisons[0]).toMatchObject({ verdict: 'roll-forward' });
  });
});

describe('what is compared', () => {
  test('a variant that only defaults and testers have is nothing to compare with, and the verdict says so', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      {},
      operations({ flag, variant: 'off', assignment: 'default' }, 60, 5000),
      operations({ flag, variant: 'on' }, 60, 300),
      operations({ flag, variant: 'on', assignment: 'override' }, 60, 7),
    );
    expect(comparison.control).toBe('off');
    expect(comparison.variants).toEqual([
      expect.objectContaining({
        variant: 'off',
        requests: 0,
        errorRate: null,
        excluded: expect.objectContaining({ default: 5000 }),
      }),
      expect.objectContaining({
        variant: 'on',
        requests: 300,
        excluded: expect.objectContaining({ override: 7 }),
      }),
    ]);
    const [on] = comparison.comparisons;
    expect(on).toMatchObject({
      verdict: 'hold',
      errors: { ratio: null, logEHarm: null },
      slow: { threshold: null },
    });
    expect(on?.reasons).toContain('insufficient');
    expect(on?.explanation.join(' ')).toContain('All 5,000 operations with off had it by default or by name');
  });

  test('aborted and mixed operations are counted, shown and left out', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      {},
      operations({ flag, variant: 'off' }, 60, 900),
      operations({ flag, variant: 'on' }, 60, 100),
      operations({ flag, variant: 'on', outcome: 'aborted' }, 60, 3),
      operations({ flag, variant: '__mixed__' }, 60, 2),
    );
    expect(comparison.variants.map(({ variant, requests }) => [variant, requests])).toEqual([
      ['off', 900],
      ['on', 100],
    ]);
    expect(comparison.variants[1]?.excluded.aborted).toBe(3);
    expect(comparison.comparisons[0]?.explanation.join(' ')).toContain(
      '2 operations saw more than one variant',
    );
  });

  test('points that the SDK folded together hold the verdict', async () => {
    const flag = freshFlag();
    const folded = operations({ flag, variant: 'on' }, 60, 4);
    Object.assign(folded, {
      points: folded.points.map((point) => ({ ...point, attributes: { 'otel.metric.overflow': 'true' } })),
    });
    const comparison = await compare(
      flag,
      { slow: '250ms', service: `folding-${flag}` },
      operations(
        { flag, variant: 'off', resource: resource({ 'service.name': `folding-${flag}` }) },
        60,
        200_000,
      ),
      operations(
        { flag, variant: 'on', resource: resource({ 'service.name': `folding-${flag}` }) },
        60,
        200_000,
      ),
      { ...folded, resource: resource({ 'service.name': `folding-${flag}` }) },
    );
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'hold', reasons: ['overflow'] });
    const route = await compare(flag, { slow: '250ms', service: `folding-${flag}`, route: '/checkout' });
    expect(route.comparisons[0]).toMatchObject({ verdict: 'hold', reasons: ['overflow'] });
    // Another service's flags are not touched by it.
    const elsewhere = freshFlag();
    const other = await compare(
      elsewhere,
      { slow: '250ms' },
      operations({ flag: elsewhere, variant: 'off' }, 60, 200_000),
      operations({ flag: elsewhere, variant: 'on' }, 60, 200_000),
    );
    expect(other.comparisons[0]).toMatchObject({ verdict: 'roll-forward' });
  });

  test('each service and each of its versions is compared within itself', async () => {
    const flag = freshFlag();
    const shop = (version: string) => resource({ 'service.version': version });
    // Version 2 fails more for everyone, and most of the treatment runs there: pooled, it looks like harm.
    const comparison = await compare(
      flag,
      { slow: '1s' },
      operations({ flag, variant: 'off', resource: shop('1') }, 60, 10_000),
      operations({ flag, variant: 'on', resource: shop('1') }, 60, 1000),
      operations({ flag, variant: 'off', resource: shop('2') }, 60, 900),
      operations({ flag, variant: 'off', errorType: '500', resource: shop('2') }, 60, 100),
      operations({ flag, variant: 'on', resource: shop('2') }, 60, 9000),
      operations({ flag, variant: 'on', errorType: '500', resource: shop('2') }, 60, 1000),
    );
    expect(comparison.comparisons[0]?.errors.ratio).toBeCloseTo(1, 9);
    expect(comparison.comparisons[0]?.verdict).not.toBe('roll-back');
  });

  test('and each environment', async () => {
    const flag = freshFlag();
    const env = (name: string) => resource({ 'deployment.environment.name': name });
    const failing = (stream: Stream, n: number) => operations({ ...stream, errorType: '500' }, 60, n);
    const comparison = await compare(
      flag,
      { slow: '1s' },
      operations({ flag, variant: 'off', resource: env('production') }, 60, 89_820),
      failing({ flag, variant: 'off', resource: env('production') }, 180),
      operations({ flag, variant: 'on', resource: env('production') }, 60, 9980),
      failing({ flag, variant: 'on', resource: env('production') }, 20),
      operations({ flag, variant: 'off', resource: env('staging') }, 60, 950),
      failing({ flag, variant: 'off', resource: env('staging') }, 50),
      operations({ flag, variant: 'on', resource: env('staging') }, 60, 8550),
      failing({ flag, variant: 'on', resource: env('staging') }, 450),
    );
    expect(comparison.comparisons[0]?.errors.ratio).toBeCloseTo(1, 9);
    expect(comparison.comparisons[0]?.verdict).not.toBe('roll-back');
  });

  test('an override in a bucket on both sides of the threshold does not hold the release', async () => {
    const flag = freshFlag();
    const coarse = exponentialPoint(
      { flag, variant: 'on', assignment: 'override' },
      { start: T0, time: T0 + 60, scale: 0, buckets: new Map([[-2, 5]]) },
      1,
    );
    const comparison = await compare(
      flag,
      { slow: '300ms' },
      operations({ flag, variant: 'off' }, 60, 200_000),
      operations({ flag, variant: 'on' }, 60, 200_000),
      coarse,
    );
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'roll-forward' });
  });

  test('a route is looked at by itself only when asked', async () => {
    const flag = freshFlag();
    const traffic = ['/a', '/b'].flatMap((route) => [
      operations({ flag, variant: 'off', route }, 60, 1000),
      operations({ flag, variant: 'on', route }, 60, 1000),
    ]);
    const all = await compare(flag, {}, ...traffic);
    const one = await compare(flag, { route: '/a' });
    expect(all.variants.map(({ requests }) => requests)).toEqual([2000, 2000]);
    expect(one.variants.map(({ requests }) => requests)).toEqual([1000, 1000]);
  });
});

describe('what slow means without --slow', () => {
  test("the control's p95 over the day before", async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      { since: '30m' },
      operations({ flag, variant: 'off' }, -600, 90, 110),
      operations({ flag, variant: 'off' }, 2400, 900),
      operations({ flag, variant: 'on' }, 2400, 900),
    );
    expect(comparison.slowThreshold).toEqual({ seconds: 0.25, asked: null, origin: 'control-day-before' });
    expect(comparison.comparisons[0]?.explanation[2]).toContain('in 0 of 900, treatment in 0 of 900');
  });

  test('else the p95 of its first 200 requests, which are left out of the slow guardrail and of no other', async () => {
    const flag = freshFlag();
    const traffic = [60, 120, 180, 240].flatMap((at) => [
      operations({ flag, variant: 'off' }, at, 50, 50),
      operations({ flag, variant: 'on' }, at, 50, 50),
    ]);
    const comparison = await compare(flag, {}, ...traffic);
    expect(comparison.slowThreshold).toEqual({
      seconds: 0.25,
      asked: null,
      origin: 'control-first-requests',
    });
    const explanation = comparison.comparisons[0]?.explanation.join(' ');
    expect(explanation).toContain('control failed 0 of 400, treatment 0 of 400');
    expect(explanation).toContain('control was slower than 0.25 s in 100 of 200, treatment in 100 of 200');
    // Later requests do not move it.
    const later = await compare(flag, {}, operations({ flag, variant: 'off' }, 300, 100_000));
    expect(later.slowThreshold).toEqual(comparison.slowThreshold);
  });

  test('with fewer there is none yet, and nothing is called safe', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      {},
      operations({ flag, variant: 'off' }, 60, 199),
      operations({ flag, variant: 'on' }, 60, 500_000),
    );
    const [on] = comparison.comparisons;
    expect(on).toMatchObject({ verdict: 'hold', slow: { threshold: null, ratio: null } });
    expect(on?.reasons).toContain('insufficient');
    expect(on?.explanation.join(' ')).toContain('it takes 200 requests of the control, or --slow');
  });
});

describe('what is said with it', () => {
  test('a control without durations leaves the slow guardrail unproven, not gone', async () => {
    const flag = freshFlag();
    const zero = (variant: string): Metric => {
      const point = operations({ flag, variant }, 60, 0);
      return {
        ...point,
        points: point.points.map((p) => ({ ...p, count: 300_000, zeroCount: 300_000 })),
      } as Metric;
    };
    const comparison = await compare(flag, {}, zero('off'), zero('on'));
    expect(comparison.slowThreshold).toBeNull();
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'hold', slow: { threshold: null } });
  });

  test('a beginning that slides, and a route', async () => {
    const flag = freshFlag();
    const traffic = [
      operations({ flag, variant: 'off' }, 3000, 10),
      operations({ flag, variant: 'on' }, 3000, 10),
    ];
    const explanation = (await compare(flag, { since: '30m', route: '/checkout' }, ...traffic)).comparisons[0]
      ?.explanation;
    expect(explanation?.join(' ')).toContain('begins anew at every look');
    expect(explanation?.join(' ')).toContain('a route is an outcome');
  });
});

describe('control and allocation', () => {
  test('off, control, false or baseline, or as asked; never guessed by traffic', async () => {
    const flag = freshFlag();
    const traffic = [
      operations({ flag, variant: 'blue' }, 60, 10),
      operations({ flag, variant: 'green' }, 60, 30),
      operations({ flag, variant: 'red' }, 60, 20),
    ];
    await expect(compare(flag, {}, ...traffic)).rejects.toThrow(
      'None of blue, green, red is called off, control',
    );
    const comparison = await compare(flag, { control: 'green', allocation: 'blue=1,green=2,red=1' });
    expect(comparison.control).toBe('green');
    expect(comparison.comparisons.map(({ treatment }) => treatment)).toEqual(['blue', 'red']);
    expect(comparison.variants.map(({ expectedShare }) => expectedShare)).toEqual([0.25, 0.5, 0.25]);
    expect((await compare(flag, { control: 'red' })).control).toBe('red');
    expect((await compare(flag, {}, operations({ flag, variant: 'off' }, 60, 1))).control).toBe('off');
    await expect(compare(flag, { control: 'mauve' })).rejects.toThrow(
      'control must be a variant that was seen: blue, green, off, red; it is "mauve".',
    );
  });

  test('a flag that was never seen is answered with those that were', async () => {
    await expect(compare('nowhere', {})).rejects.toThrow(
      /evaluated the flag "nowhere" in the last 7 days\. Seen were: flag-/,
    );
  });
});
