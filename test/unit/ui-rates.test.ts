import { expect, test } from 'vitest';
import { axisEnd, rateOf } from '../../src/ui/views/flag/rates.js';

test('a rate has the interval of Wilson', () => {
  // Wilson's interval for 10 of 100 at 95 %: 5.52 % to 17.44 % (Newcombe 1998, table I has the method).
  const rate = rateOf(10, 100);
  expect(rate?.rate).toBe(0.1);
  expect(rate?.low).toBeCloseTo(0.0552, 4);
  expect(rate?.high).toBeCloseTo(0.1744, 4);
});

test('without requests, or without knowing events, there is none', () => {
  expect(rateOf(0, 0)).toBeNull();
  expect(rateOf(null, 10)).toBeNull();
});

test('counts that cannot be are no reason to fail', () => {
  expect(rateOf(12, 10)).toMatchObject({ rate: 1, high: 1 });
  expect(rateOf(1.4, 10.2)?.rate).toBeCloseTo(1.4 / 10.2);
});

test.each([
  [[], 1],
  [[rateOf(10, 100)], 0.2],
  [[rateOf(1, 100_000), null], 0.0001],
  [[rateOf(99, 100)], 1],
])('the axis for %j ends at %d', (rates, end) => {
  expect(axisEnd(rates)).toBeCloseTo(end, 10);
});
