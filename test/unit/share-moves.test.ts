import { describe, expect, test } from 'vitest';
import { type MinuteCount, shareMoves } from '../../src/server/share-moves.js';

/** Minutes in order, each the evaluations that gave on and off. */
function minutes(...counts: readonly (readonly [on: number, off: number])[]): MinuteCount[] {
  return counts.flatMap(([on, off], i) => [
    { minute: i * 60, variant: 'on', evaluations: on },
    { minute: i * 60, variant: 'off', evaluations: off },
  ]);
}

const steady = (n: number, on: number, off: number) => Array.from({ length: n }, () => [on, off] as const);

describe('a share that moves', () => {
  test('is seen from the first minute with the new share, once two have come', () => {
    const counts = [...steady(10, 100, 900), ...steady(10, 500, 500)];
    expect(shareMoves(minutes(...counts))).toEqual([{ time: 540, variant: 'on', before: 0.1, after: 0.5 }]);
    expect(shareMoves(minutes(...counts.slice(0, 10)))).toEqual([]);
  });

  test('from share 0, and back to it', () => {
    const moves = shareMoves(minutes(...steady(10, 0, 1000), ...steady(10, 50, 950), ...steady(10, 0, 1000)));
    expect(moves.map(({ variant, before }) => [variant, before])).toEqual([
      ['on', 0],
      ['off', 0.95],
    ]);
  });

  test('is not seen in odds that move by less than half', () => {
    expect(shareMoves(minutes(...steady(30, 5000, 5000), ...steady(30, 5900, 4100)))).toEqual([]);
    expect(shareMoves(minutes(...steady(30, 5000, 5000), ...steady(30, 6200, 3800)))).toHaveLength(1);
  });

  test('nor in a few evaluations', () => {
    expect(shareMoves(minutes(...steady(30, 1, 9), ...steady(1, 5, 5), ...steady(5, 1, 9)))).toEqual([]);
  });

  test('nor where minutes scatter as much anyhow', () => {
    const scattered = Array.from({ length: 60 }, (_, i) =>
      i % 2 === 0 ? ([130, 870] as const) : ([70, 930] as const),
    );
    const jump = (of: readonly (readonly [number, number])[]) =>
      shareMoves(minutes(...of, ...steady(2, 160, 840)));
    expect(jump(steady(60, 100, 900))).toHaveLength(1);
    expect(jump(scattered)).toEqual([]);
  });

  test('what was found stays found, whatever comes later', () => {
    const all = minutes(...steady(10, 100, 900), ...steady(10, 500, 500), ...steady(10, 900, 100));
    const whole = shareMoves(all);
    expect(whole).toHaveLength(2);
    for (let length = 0; length <= 30; length++) {
      const sofar = shareMoves(all.filter(({ minute }) => minute < length * 60));
      expect(whole.slice(0, sofar.length)).toEqual(sofar);
    }
  });
});
