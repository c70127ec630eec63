import { expect, test } from 'vitest';
import { sampleWords } from '../../src/ui/views/flag/sample-words.js';

function tested(exposed: Readonly<Record<string, number>>): Parameters<typeof sampleWords>[0] {
  return [{ epoch: '1', from: '', to: '', allocation: { on: 0.5, off: 0.5 }, exposed }];
}

test.each([
  [{ on: 500, off: 500 }, /^Units follow their allocation: 0\.\d+ to 1 against it/],
  // Odds of 1 to 1,000 are no mismatch yet.
  [{ on: 570, off: 430 }, /^Units follow their allocation: \d+ to 1 against it/],
  [{ on: 700, off: 300 }, /^Mismatch: units do not follow their allocation, more than 1,000,000 to 1/],
  [{ on: 500, off: 500, ghost: 1 }, /^Mismatch: units saw variants that the allocation gives to nobody/],
  [{ on: 0, off: 0 }, /^Not enough units/],
])('%j reads %s', (exposed, words) => {
  expect(sampleWords(tested(exposed))).toMatch(words);
});

test('shares with two digits are taken as the verdict takes them', () => {
  const thirds = { a: 0.33, b: 0.33, c: 0.33 };
  const epoch = { epoch: '1', from: '', to: '', allocation: thirds, exposed: { a: 100, b: 100, c: 100 } };
  expect(sampleWords([epoch])).toMatch(/^Units follow/);
});
