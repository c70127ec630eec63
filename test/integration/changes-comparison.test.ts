import { describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { recordChange } from '../../src/server/change-log.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import type { Change } from '../../src/sources/change.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { flagChange, historyOf } from '../support/changes.js';
import { exponentialPoint, resource } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { unitPoint } from '../support/unit-points.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const NOW = T0 + 3600;

const store = temporaryStore();

/** Delta points of both variants at `T0 + at`: so many requests, and how many of them failed. */
function traffic(
  flag: string,
  at: number,
  { on, off }: Record<'on' | 'off', readonly [requests: number, errors: number]>,
): Metric[] {
  const point = (variant: string, n: number, errorType?: string): Metric =>
    exponentialPoint(
      { flag, variant, ...(errorType === undefined ? {} : { errorType }) },
      { start: T0 + at - 60, time: T0 + at, scale: 2, buckets: new Map([[-21, n]]) },
      1,
    );
  return [
    ...[point('on', on[0] - on[1]), point('off', off[0] - off[1])],
    ...[point('on', on[1], '500'), point('off', off[1], '500')],
  ];
}

const change = (flag: string, at: number, told: Partial<Change> = {}): Change =>
  flagChange({ id: `${flag} ${at}`, flag, time: T0 + at, ...told });

async function compare(
  flag: string,
  metrics: readonly Metric[],
  changes: readonly Change[],
  options: Record<string, string> = {},
): Promise<Comparison> {
  await store().sink.metrics(metrics);
  const kept = createKeptChanges(store().query);
  for (const told of changes) await recordChange(kept, store(), told);
  const parameters = readComparisonParameters(Object.entries({ slow: '1s', ...options }), NOW);
  const source = createClickHouseSource(store().query);
  return compareFlag(source, flag, parameters, NOW, { evidence: true, changes: historyOf(store()) });
}

const epochsOf = (comparison: Comparison): unknown[] => [
  ...new Set(
    comparison.comparisons[0]?.evidence?.cells.map(({ epoch, from }) => `${Number(from) - T0} ${epoch}`),
  ),
];

describe('a change splits the block it falls in', () => {
  /** One block: 10 % treated while 1 in 100 fails, from 300 s on 50 % while 1 in 10 does. No harm. */
  const ramp = (flag: string): Metric[] => [
    ...traffic(flag, 240, { on: [1000, 10], off: [9000, 90] }),
    ...traffic(flag, 540, { on: [5000, 500], off: [5000, 500] }),
  ];

  test('pooled, two shares while the base rate drifts look like harm; told of the change, they do not', async () => {
    const [silent, told] = [freshFlag(), freshFlag()];
    const pooled = await compare(silent, ramp(silent), []);
    expect(pooled.comparisons[0]).toMatchObject({ verdict: 'roll-back' });
    const split = await compare(told, ramp(told), [change(told, 300)]);
    expect(split.comparisons[0]?.errors.ratio).toBeCloseTo(1, 9);
    expect(split.comparisons[0]?.verdict).not.toBe('roll-back');
    expect(epochsOf(split)).toEqual(['0 ', '420 @2027-01-15T08:05:00.000Z']);
  });

  test('what comes while the shares are mixed is a block of its own, and none of it is left out', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      [
        ...traffic(flag, 240, { on: [1000, 0], off: [9000, 0] }),
        // All the harm comes at once, in the minute of the change.
        ...traffic(flag, 330, { on: [5000, 500], off: [5000, 0] }),
        ...traffic(flag, 540, { on: [5000, 0], off: [5000, 0] }),
      ],
      [change(flag, 300)],
    );
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'roll-back' });
    expect(comparison.variants.map(({ requests, errors }) => [requests, errors])).toEqual([
      [19_000, 0],
      [11_000, 500],
    ]);
    expect(epochsOf(comparison)).toEqual([
      '0 ',
      '300 @2027-01-15T08:05:00.000Z changing',
      '420 @2027-01-15T08:05:00.000Z',
    ]);
  });

  test('units are cut at the same moments', async () => {
    const flag = freshFlag();
    const units = (variant: string, at: number, value: number): Metric[] =>
      Array.from({ length: 16 }, (_, bucket) =>
        unitPoint({ counter: 'operations', flag, variant, bucket }, { start: T0 + 1, time: T0 + at, value }),
      );
    const comparison = await compare(
      flag,
      [
        ...ramp(flag),
        ...['on', 'off'].flatMap((variant) => [...units(variant, 240, 10), ...units(variant, 540, 30)]),
      ],
      [change(flag, 300)],
    );
    const cells = comparison.comparisons[0]?.evidence?.unitCells?.filter(({ bucket }) => bucket === 0);
    expect(cells?.map(({ from, epoch, requests }) => [Number(from) - T0, epoch, requests])).toEqual([
      [0, '', 10],
      [0, '', 10],
      [420, '@2027-01-15T08:05:00.000Z', 20],
      [420, '@2027-01-15T08:05:00.000Z', 20],
    ]);
  });

  test('of another flag or of a service it splits nothing', async () => {
    const flag = freshFlag();
    const comparison = await compare(flag, ramp(flag), [
      change(freshFlag(), 300),
      change(flag, 310, { kind: 'deployment', flag: '', service: 'warehouse', version: '2' }),
    ]);
    expect(epochsOf(comparison)).toEqual(['0 ']);
  });
});

describe('a change begins the comparison', () => {
  const mended = (flag: string): Metric[] => [
    ...traffic(flag, 60, { on: [1000, 100], off: [9000, 0] }),
    ...traffic(flag, 660, { on: [1000, 0], off: [9000, 0] }),
  ];
  const off = (flag: string, at: number, told: Partial<Change> = {}): Change =>
    change(flag, at, { shares: { off: 1 }, ...told });
  const on = (flag: string, at: number, told: Partial<Change> = {}): Change =>
    change(flag, at, { shares: { on: 0.1, off: 0.9 }, ...told });

  test('harm that was rolled back and mended within minutes does not haunt the next release', async () => {
    const [silent, told] = [freshFlag(), freshFlag()];
    expect((await compare(silent, mended(silent), [])).comparisons[0]?.verdict).toBe('roll-back');
    const comparison = await compare(told, mended(told), [off(told, 120), on(told, 240)]);
    expect(comparison.window.from).toBe(new Date((T0 + 240) * 1000).toISOString());
    expect(comparison.comparisons[0]?.verdict).not.toBe('roll-back');
    expect(comparison.changes.map(({ time }) => Date.parse(time) / 1000 - T0)).toEqual([240, 120]);
  });

  test('but --since wins, and traffic that rises later without a change', async () => {
    const flag = freshFlag();
    const told = [off(flag, 20), on(flag, 30)];
    const since = new Date((T0 + 10) * 1000).toISOString();
    expect((await compare(flag, mended(flag), told, { since })).window.from).toBe(since);
    const again = await compare(
      flag,
      [1260, 1860]
        .flatMap((at) => traffic(flag, at, { on: [0, 0], off: [9000, 0] }))
        .concat(traffic(flag, 2460, { on: [1000, 0], off: [9000, 0] })),
      [],
    );
    expect(again.window.from).toBe(new Date((T0 + 2400) * 1000).toISOString());
  });

  const exposed = (flag: string): Metric[] =>
    ['on', 'off'].flatMap((variant) =>
      Array.from({ length: 16 }, (_, bucket) =>
        unitPoint(
          { counter: 'exposed', flag, variant, bucket, resource: resource({ 'service.instance.id': flag }) },
          { start: T0 + 250, time: T0 + 660, value: 500 },
        ),
      ),
    );

  test('shares of variants by other names are not those that units must follow', async () => {
    const flag = freshFlag();
    const renamed = [change(flag, 240, { shares: { new: 0.1, old: 0.9 }, sharesBefore: { off: 1 } })];
    const [on] = (await compare(flag, [...mended(flag), ...exposed(flag)], renamed)).comparisons;
    expect(on).toMatchObject({ sampleRatio: null });
    expect(on?.reasons).not.toContain('sample-ratio');
    expect(on?.explanation.join(' ')).toContain('by other names than telemetry has');
  });

  test('shares that are told are those that units must follow', async () => {
    const flag = freshFlag();
    const metrics = [...mended(flag), ...exposed(flag)];
    const comparison = await compare(flag, metrics, [off(flag, 120), on(flag, 240)]);
    expect(comparison.comparisons[0]?.reasons).toContain('sample-ratio');
    expect(comparison.comparisons[0]?.evidence?.epochs).toEqual([
      {
        epoch: '@2027-01-15T08:04:00.000Z changing',
        allocation: { on: 0.1, off: 0.9 },
        exposed: { on: 8000, off: 8000 },
      },
    ]);
    // A later step gives units another variant: what is exposed then is of no use.
    const stepped = await compare(flag, [], [change(flag, 500, { shares: { on: 0.5, off: 0.5 } })]);
    expect(stepped.comparisons[0]).toMatchObject({ sampleRatio: null });
  });
});
