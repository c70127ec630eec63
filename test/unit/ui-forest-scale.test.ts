import { expect, test } from 'vitest';
import { forestMarks, intervalWords, positionOf } from '../../src/ui/parts/forest-scale.js';

test('1 is in the middle, and a ratio is as far from it as its inverse', () => {
  expect(positionOf(1)).toBeCloseTo(0.5);
  expect(positionOf(4) - 0.5).toBeCloseTo(0.5 - positionOf(1 / 4));
  expect(positionOf(1e9)).toBe(1);
  expect(positionOf(0)).toBe(0);
});

test('bounds beyond the ends, and none at all, are open there', () => {
  const inside = forestMarks({ ratio: 2, low: 1.5, high: 3 });
  expect(inside).toMatchObject({ isOpenLow: false, isOpenHigh: false });
  expect(inside?.from).toBeLessThan(inside?.estimate ?? 0);
  expect(inside?.to).toBeGreaterThan(inside?.estimate ?? 1);
  expect(forestMarks({ ratio: 11, low: 1.2, high: 102 })).toMatchObject({ to: 1, isOpenHigh: true });
  expect(forestMarks({ ratio: 2, low: 0, high: null })).toMatchObject({
    ...{ from: 0, to: 1, isOpenLow: true, isOpenHigh: true },
  });
});

test('a control without failures has no estimate but a lower bound', () => {
  expect(forestMarks({ ratio: null, low: 2, high: null })).toMatchObject({
    estimate: null,
    isOpenHigh: true,
  });
  expect(forestMarks({ ratio: null, low: 0, high: null })).toBeNull();
  expect(forestMarks({ ratio: null, low: null, high: null })).toBeNull();
});

test.each([
  [{ ratio: 2.4, low: 1.1, high: 5 }, '2.4, between 1.1 and 5'],
  [{ ratio: 2.4, low: 0, high: 5 }, '2.4, at most 5'],
  [{ ratio: null, low: 2, high: null }, 'unknown, at least 2'],
  [{ ratio: 2.4, low: 0, high: null }, '2.4, not bounded yet'],
  [{ ratio: 0, low: 0, high: null }, '0, not bounded yet'],
  [{ ratio: null, low: 0, high: null }, 'not known yet'],
  [{ ratio: null, low: null, high: null }, 'not known yet'],
  [undefined, 'not known yet'],
])('%j reads %s', (interval, words) => {
  expect(intervalWords(interval)).toBe(words);
});
