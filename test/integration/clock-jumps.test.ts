import { beforeAll, describe, expect, test } from 'vitest';
import { compareFlag } from '../../src/server/comparison.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Source } from '../../src/sources/source.js';
import { exponentialPoint } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

/** Two hours ago, where a block begins. */
const T0 = Math.floor(Date.now() / 600_000) * 600 - 7200;

/** Sends the points that an exporter makes whose clock reads these times, and gives what is counted. */
async function counted(flag: string, temporality: 1 | 2, readings: readonly (readonly [number, number])[]) {
  for (const [time, n] of readings) {
    const reading = { start: T0, time: T0 + time, scale: 2, buckets: new Map([[-4, n]]) };
    const rejected = await store().sink.metrics([
      exponentialPoint({ flag, variant: 'on' }, reading, temporality),
    ]);
    expect(rejected).toBeUndefined();
  }
  const window = { from: T0 - 60, to: T0 + 7200 };
  const counts = await source.counts({ flag }, window, { edgeIndex: -8, calibratedUntil: 0, changes: [] });
  const sum = (of: 'requests' | 'slow') => counts.reduce((all, count) => all + count[of], 0);
  expect(sum('slow')).toBe(sum('requests'));
  return sum('requests');
}

describe('the clock of an application is set', () => {
  test.each([
    [
      'back, once',
      [
        [60, 10],
        [120, 20],
        [180, 30],
        [90, 40],
        [150, 50],
        [210, 60],
      ],
    ],
    [
      'back before the process began',
      [
        [60, 10],
        [120, 20],
        [-30, 30],
        [30, 40],
      ],
    ],
    [
      'far ahead, and back',
      [
        [60, 10],
        [3660, 20],
        [180, 30],
        [240, 40],
      ],
    ],
    [
      'ahead for good',
      [
        [60, 10],
        [3660, 20],
        [3720, 30],
      ],
    ],
    [
      'to and fro',
      [
        [60, 10],
        [50, 20],
        [70, 30],
        [40, 40],
        [80, 50],
      ],
    ],
  ] as const)('%s: cumulative points count what was counted last', async (_how, readings) => {
    const last = Math.max(...readings.map(([, n]) => n));
    expect(await counted(freshFlag(), 2, readings)).toBe(last);
  });

  test('delta points are summed, whatever their times', async () => {
    expect(
      await counted(freshFlag(), 1, [
        [60, 10],
        [120, 20],
        [90, 5],
        [3660, 7],
        [150, 3],
      ]),
    ).toBe(45);
  });
});

test("the backend's clock is set back and on again: what is ahead of it waits, and nothing is lost", async () => {
  const flag = freshFlag();
  await counted(flag, 2, [
    [60, 10],
    [120, 20],
    [700, 30],
  ]);
  const requests = async (now: number) => {
    const { variants } = await compareFlag(source, flag, { control: 'on', verdict: {} }, now);
    return variants[0]?.requests;
  };
  expect([await requests(T0 + 800), await requests(T0 + 130), await requests(T0 + 800)]).toEqual([
    30, 20, 30,
  ]);
  await expect(requests(T0 - 3600)).rejects.toMatchObject({ code: 'unknown-flag' });
});
