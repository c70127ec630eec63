import { describe, expect, test } from 'vitest';
import type { Metric, Resource } from '../../src/otlp/model.js';
import { recordChange } from '../../src/server/change-log.js';
import { compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { flagChange, historyOf } from '../support/changes.js';
import { exponentialPoint, resource } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { unitPoint } from '../support/unit-points.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const WINDOW = { from: T0 - 86_400, to: T0 + 7200 };

const store = temporaryStore();

/** A cumulative point of requests. */
function requests(
  flag: string,
  at: number,
  total: number,
  told: { version?: string; variant?: string; errorType?: string; resource?: Resource } = {},
): Metric {
  const { version, variant = 'on', ...stream } = told;
  const reading = { start: T0, time: T0 + at, scale: 2, buckets: new Map([[-21, total]]) };
  const metric = exponentialPoint({ flag, variant, ...stream }, reading, 2);
  if (version === undefined) return metric;
  const attributes = (of: object) => ({ ...of, 'feature_flag.version': version });
  return { ...metric, points: metric.points.map((p) => ({ ...p, attributes: attributes(p.attributes) })) };
}

/** A cumulative point of `feature_flag.evaluations`. */
function evaluations(flag: string, variant: string, at: number, total: number, start = 0): Metric {
  const metric = unitPoint(
    { counter: 'operations', flag, variant, bucket: 0 },
    { start: T0 + start, time: T0 + at, value: total },
  );
  return { ...metric, name: 'feature_flag.evaluations' };
}

/** Minutes in order, each the evaluations of on and off that were added in it. */
function evaluated(flag: string, ...minutes: readonly (readonly [on: number, off: number])[]): Metric[] {
  let [on, off] = [0, 0];
  return minutes.flatMap(([addedOn, addedOff], i) => {
    on += addedOn;
    off += addedOff;
    const at = (i + 1) * 60;
    return [evaluations(flag, 'on', at, on), evaluations(flag, 'off', at, off)];
  });
}

const steady = (n: number, on: number, off: number) => Array.from({ length: n }, () => [on, off] as const);

async function history(flag: string, ...metrics: Metric[]): Promise<unknown[]> {
  await store().sink.metrics(metrics);
  const seen = historyOf(store());
  const changes = await seen.withSeen(await seen.told(flag, WINDOW), flag, WINDOW, WINDOW.from);
  return changes.map(({ origin, kind, time, version, description }) => [
    origin,
    kind,
    Math.round((time - T0) * 1e6) / 1e6,
    version || description,
  ]);
}

describe('changes that telemetry tells', () => {
  test('a version of the flag that moves, just before its first report', async () => {
    const flag = freshFlag();
    expect(
      await history(
        flag,
        requests(flag, 60, 10, { version: '6' }),
        requests(flag, 900, 20, { version: '6' }),
        requests(flag, 960, 5, { version: '7' }),
        // The old stream is reported as long as the process lives.
        requests(flag, 1560, 20, { version: '6' }),
        requests(flag, 1560, 9, { version: '7' }),
      ),
    ).toEqual([['telemetry', 'flag', 959.999999, '7']]);
  });

  test('a new version of a service, and an old one that comes back', async () => {
    const flag = freshFlag();
    const shop = (version: string) =>
      resource({ 'service.name': `shop-${flag}`, 'service.version': version });
    const reported = (version: string, ...minutes: number[]) =>
      minutes.map((minute) => requests(flag, minute * 60, minute, { resource: shop(version) }));
    expect(
      await history(
        flag,
        ...reported('1', 5, 15, 25),
        ...reported('2', 16, 25, 35, 45, 55),
        ...reported('1', 65),
      ),
    ).toEqual([
      ['telemetry', 'deployment', 3899.999999, '1'],
      ['telemetry', 'deployment', 959.999999, '2'],
    ]);
  });

  test('a share that moves in what was evaluated, where the flag has no version', async () => {
    const [flag, versioned] = [freshFlag(), freshFlag()];
    const minutes = [...steady(10, 100, 900), ...steady(5, 500, 500)];
    expect(await history(flag, requests(flag, 60, 1), ...evaluated(flag, ...minutes))).toEqual([
      ['telemetry', 'flag', 540, 'evaluations that gave on moved from 10 % to 50 %'],
    ]);
    expect(
      await history(
        versioned,
        requests(versioned, 60, 1, { version: '1' }),
        ...evaluated(versioned, ...minutes),
      ),
    ).toEqual([]);
  });

  test('a restart of the process moves nothing', async () => {
    const flag = freshFlag();
    const again = [60, 120, 180].flatMap((at) => [
      evaluations(flag, 'on', 600 + at, (at / 60) * 100, 600),
      evaluations(flag, 'off', 600 + at, (at / 60) * 900, 600),
    ]);
    expect(await history(flag, ...evaluated(flag, ...steady(10, 100, 900)), ...again)).toEqual([]);
  });

  test('what was told is not seen a second time', async () => {
    const flag = freshFlag();
    const told = flagChange({ id: `told ${flag}`, flag, time: T0 + 570, version: '7' });
    await recordChange(createKeptChanges(store().query), store(), told);
    const minutes = [...steady(10, 100, 900), ...steady(5, 500, 500)];
    expect(await history(flag, ...evaluated(flag, ...minutes))).toEqual([['api', 'flag', 570, '7']]);
  });
});

describe('what telemetry tells in a comparison', () => {
  test('a share that moves splits its block: a base rate that drifts meanwhile is no harm', async () => {
    const flag = freshFlag();
    const both = (at: number, on: readonly [number, number], off: readonly [number, number]): Metric[] => [
      ...[requests(flag, at, on[0]), requests(flag, at, off[0], { variant: 'off' })],
      requests(flag, at, on[1], { errorType: '500' }),
      requests(flag, at, off[1], { variant: 'off', errorType: '500' }),
    ];
    await store().sink.metrics([
      ...evaluated(flag, ...steady(4, 250, 2250), ...steady(5, 1000, 1000)),
      ...both(240, [990, 10], [8910, 90]),
      ...both(540, [990 + 4500, 10 + 500], [8910 + 4500, 90 + 500]),
    ]);
    const parameters = readComparisonParameters(Object.entries({ slow: '1s' }), T0 + 3600);
    const source = createClickHouseSource(store().query);
    const ask = async (changes?: ReturnType<typeof historyOf>) =>
      compareFlag(source, flag, parameters, T0 + 3600, {
        evidence: false,
        ...(changes === undefined ? {} : { changes }),
      });
    expect((await ask()).comparisons[0]?.verdict).toBe('roll-back');
    const seen = await ask(historyOf(store()));
    expect(seen.comparisons[0]?.errors.ratio).toBeCloseTo(1, 9);
    expect(seen.comparisons[0]?.verdict).not.toBe('roll-back');
    expect(seen.changes.map(({ origin }) => origin)).toEqual(['telemetry']);
  });

  test('units count again two minutes after a new version, not with the next block', async () => {
    const flag = freshFlag();
    const units = (at: number, total: number): Metric[] =>
      ['on', 'off'].flatMap((variant) =>
        Array.from({ length: 16 }, (_, bucket) =>
          unitPoint(
            { counter: 'operations', flag, variant, bucket },
            { start: T0, time: T0 + at, value: total },
          ),
        ),
      );
    const both = (at: number, total: number, version: string): Metric[] =>
      ['on', 'off'].map((variant) => requests(flag, at, total, { variant, version }));
    await store().sink.metrics([
      ...[...both(540, 1000, '6'), ...units(540, 10)],
      ...[...both(660, 2000, '6'), ...units(660, 20)],
      ...[...both(720, 2100, '6'), ...both(720, 900, '7'), ...units(720, 30)],
      ...[...both(1200, 2100, '6'), ...both(1200, 8000, '7'), ...units(1200, 70)],
    ]);
    const parameters = readComparisonParameters(Object.entries({ slow: '1s' }), T0 + 3600);
    const comparison = await compareFlag(createClickHouseSource(store().query), flag, parameters, T0 + 3600, {
      ...{ evidence: true, changes: historyOf(store()) },
    });
    const cells = comparison.comparisons[0]?.evidence?.unitCells?.filter(
      ({ bucket, variant }) => bucket === 0 && variant === 'on',
    );
    expect(cells?.map(({ from, requests: n }) => [Math.round(Number(from) - T0), n])).toEqual([
      [0, 10],
      [600, 10],
      [840, 40],
    ]);
  });
});
