import { expect, test } from 'vitest';
import { oddsWords } from '../../src/ui/parts/odds-words.js';
import { requestRate } from '../../src/ui/views/flag/verdict-words.js';

test.each([
  [null, '-'],
  [Math.log(6.4e-7), 'less than 0.001 to 1'],
  [Math.log(0.0023), '0.0023 to 1'],
  [Math.log(1.5), '1.5 to 1'],
  // Down: 39.9 must not read like the 40 that prove harm.
  [Math.log(39.9), '39 to 1'],
  [Math.log(12_162.5), '12,162 to 1'],
  [Math.log(2e6), 'more than 1,000,000 to 1'],
])('ln %d reads %s', (ln, words) => {
  expect(oddsWords(ln)).toBe(words);
});

test('the traffic of a treatment and its control alone, over the window', () => {
  const comparison = {
    window: { from: '2026-11-26T00:00:00Z', to: '2026-11-26T00:01:00Z' },
    control: 'off',
    variants: [
      { variant: 'off', requests: 500 },
      { variant: 'on', requests: 100 },
      { variant: 'blue', requests: 1000 },
    ],
  };
  expect(requestRate(comparison, 'on')).toBe(10);
  const empty = { ...comparison.window, to: comparison.window.from };
  expect(requestRate({ ...comparison, window: empty }, 'on')).toBe(0);
});
