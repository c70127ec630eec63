import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundMoments } from '../../src/server/page/moments.js';
import { createSteps } from '../../src/server/page/steps.js';

const T0 = 1_800_000_000; // 08:00 UTC, a multiple of 600

const after = (from: number, to: number, steps: number, shortest = 10) =>
  roundMoments({ from: T0 + from, to: T0 + to }, steps, shortest).map((moment) => moment - T0);

describe('where steps end', () => {
  test.each<[string, number[], number[]]>([
    ['as many as are asked for', [0, 100, 10], [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
    ['fewer where that is rounder', [0, 100, 9], [20, 40, 60, 80, 100]],
    ['at round times, whatever the beginning', [7, 101, 6], [20, 40, 60, 80, 100, 101]],
    ['with the window, where it is shorter than a step', [3, 8, 60], [8]],
    ['no shorter than what is told apart', [30, 1500, 60, 600], [600, 1200, 1500]],
  ])('%s', (_name, [from = 0, to = 0, steps = 0, shortest], expected) => {
    expect(after(from, to, steps, shortest)).toEqual(expected);
  });

  test('a week by 60 steps is cut every three hours; long times fit in few steps', () => {
    expect(after(0, 7 * 86_400, 60).slice(0, 3)).toEqual([3600, 3 * 3600 + 3600, 6 * 3600 + 3600]);
    expect(after(0, 730 * 86_400, 2).length).toBeLessThanOrEqual(2);
  });

  test('they ascend to the end, are never more than asked for, and stay where they are while time goes on', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0.5, max: 1e8, noNaN: true }),
        fc.integer({ min: 2, max: 240 }),
        (from, length, steps) => {
          const window = { from: T0 + from, to: T0 + from + length };
          const moments = roundMoments(window, steps, 10);
          expect(moments.length).toBeLessThanOrEqual(steps);
          expect(moments.at(-1)).toBe(window.to);
          for (const [i, moment] of moments.entries()) {
            expect(moment).toBeGreaterThan(moments[i - 1] ?? window.from);
          }
          const [first = 0, second = 0] = moments;
          const later = roundMoments({ ...window, to: window.to + 0.25 }, steps, 10);
          // Longer steps are made of whole ones.
          if (moments.length > 2) {
            expect(later.slice(0, -1).every((moment) => moment % (second - first) === 0)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('steps of a comparison', () => {
  const window = { from: T0 + 100, to: T0 + 1500 };
  const cut = { edgeIndex: -7, calibratedUntil: T0 + 430, changes: [T0 + 700, T0 + 760] };
  const moments = [300, 600, 720, 1200, 1500].map((at) => T0 + at);
  const steps = createSteps(window, cut, moments);

  test('ask for blocks that are cut at their ends too, but not at the window', () => {
    expect(steps.cut).toEqual({ ...cut, changes: [300, 600, 700, 720, 760, 1200].map((at) => T0 + at) });
  });

  test('put what came into the blocks of the comparison', () => {
    const parts = [100, 300, 430, 600, 700, 720, 760, 1200].map((at) => ({ block: T0 + at, at }));
    expect(steps.split(parts).map((step) => step.map(({ at, block }) => [at, block - T0]))).toEqual([
      [[100, 100]],
      [
        [300, 100],
        [430, 430],
      ],
      [
        [600, 600],
        [700, 700],
      ],
      [
        [720, 700],
        [760, 760],
      ],
      [[1200, 1200]],
    ]);
  });
});
