import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adjustForMany, logEHarm } from '../../src/server/page/false-alerts.js';

const guardrail = (logE: number | null) => ({
  ...{ method: null, ratio: null, low: null, high: null, logESafe: null, threshold: null },
  logEHarm: logE,
});
const of = (errors: number | null, slow: number | null): number =>
  logEHarm({ errors: guardrail(errors), slow: guardrail(slow) });

test('the e-value of a treatment is the mean of its guardrails that were judged', () => {
  expect(of(Math.log(30), Math.log(10))).toBeCloseTo(Math.log(20), 12);
  expect(of(Math.log(30), null)).toBeCloseTo(Math.log(30), 12);
  expect(of(null, null)).toBe(0);
  // More than a double holds.
  expect(of(100_000, -100_000)).toBeCloseTo(100_000 - Math.LN2, 6);
});

test('what is an alert alone is none among a hundred; the worst treatment of a flag counts', () => {
  const enough = Math.log(20);
  const calm = (count: number): [string, number[]][] =>
    Array.from({ length: count }, (_, i) => [`calm-${i}`, [-1]]);
  expect(adjustForMany(new Map([['f', [enough]]])).get('f')).toEqual({ logE: enough, alert: true });
  const among = adjustForMany(new Map([['f', [-3, enough]], ...calm(98)]));
  expect(among.get('f')?.alert).toBe(false);
  const proven = adjustForMany(new Map([['f', [-3, enough + Math.log(100)]], ...calm(98)]));
  expect(proven.get('f')?.alert).toBe(true);
  expect(proven.get('f')?.logE).toBeCloseTo(enough, 12);
  expect(proven.get('calm-0')).toEqual({ logE: 0, alert: false });
  expect(adjustForMany(new Map())).toEqual(new Map());
  expect(adjustForMany(new Map([['f', []]])).get('f')).toEqual({ logE: 0, alert: false });
});

test('alerts are those that e-BH finds: the largest k of K whose k-th e-value is K / (alpha k)', () => {
  const logEs = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(logEs, (values) => {
      const sorted = values.toSorted((a, b) => b - a);
      const passes = sorted.map((logE, i) => logE >= Math.log(values.length / (0.05 * (i + 1))) - 1e-9);
      const found = passes.lastIndexOf(true) + 1;
      const adjusted = adjustForMany(new Map(values.map((logE, i) => [String(i), [logE]])));
      expect([...adjusted.values()].filter(({ alert }) => alert)).toHaveLength(found);
    }),
  );
});
