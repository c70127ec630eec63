import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logDirichletMultinomial } from '../../src/stats/dirichlet-multinomial.js';
import { type AssignmentTable, logFlagDependence, strataByFlags } from '../../src/stats/flag-dependence.js';
import { isStatisticsError, judge } from '../../src/stats/index.js';
import { benjaminiHochberg, eBenjaminiHochberg, holm } from '../../src/stats/many-flags.js';
import { type ExposureEpoch, logSampleRatio } from '../../src/stats/sample-ratio-e-value.js';
import { cell, evidence } from '../support/stats-evidence.js';

function codeOf(run: () => unknown): string | null {
  try {
    run();
  } catch (error) {
    if (isStatisticsError(error)) return error.code;
    throw error;
  }
  return null;
}

/** Random numbers from a seed: mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const units = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_000_000_000_000 }));

describe('the sample ratio', () => {
  it('is what an independent implementation has', () => {
    const file = new URL('../fixtures/verdicts.json', import.meta.url);
    const { cases } = JSON.parse(readFileSync(file, 'utf8'));
    const mismatch = cases.find((c: { id: string }) => c.id === 'mismatch-holds');
    const { logEValue, unexpected } = logSampleRatio(mismatch.evidence.epochs);
    expect(Math.abs(logEValue / mismatch.expected.sampleRatio - 1)).toBeLessThan(1e-9);
    expect(unexpected).toEqual([]);
  });

  it('has expectation 1 as allocated', () => {
    const shares = { a: 0.5, b: 0.3, c: 0.2 };
    let expectation = 0;
    for (const path of Array.from({ length: 81 }, (_, i) => i.toString(3).padStart(4, '0'))) {
      const exposed = { a: 0, b: 0, c: 0 };
      let probability = 1;
      for (const digit of path) {
        const variant = digit === '0' ? 'a' : digit === '1' ? 'b' : 'c';
        exposed[variant]++;
        probability *= shares[variant];
      }
      expectation += probability * Math.exp(logSampleRatio([{ allocation: shares, exposed }]).logEValue);
    }
    expect(expectation).toBeCloseTo(1, 12);
  });

  it('adds up over epochs, each against its own allocation', () => {
    const one: ExposureEpoch = { allocation: { on: 0.1, off: 0.9 }, exposed: { on: 120, off: 880 } };
    const two: ExposureEpoch = { allocation: { on: 0.5, off: 0.5 }, exposed: { on: 500, off: 510 } };
    const sum = logSampleRatio([one]).logEValue + logSampleRatio([two]).logEValue;
    expect(logSampleRatio([one, two]).logEValue).toBeCloseTo(sum, 12);
    // A ramp pooled against its last allocation would be a mismatch; epoch by epoch it is none.
    expect(logSampleRatio([{ ...one, exposed: { on: 100, off: 900 } }, two]).logEValue).toBeLessThan(0);
  });

  it('of a variant that nobody should have got is a finding, and no number', () => {
    const epochs = [
      { allocation: { on: 0.5, off: 0.5 }, exposed: { on: 50, off: 50 } },
      { allocation: { on: 0, off: 1 }, exposed: { on: 3, off: 40, blue: 2, green: 0 } },
    ];
    const { logEValue, unexpected } = logSampleRatio(epochs);
    expect(unexpected).toEqual([
      { epoch: 1, variant: 'on', units: 3 },
      { epoch: 1, variant: 'blue', units: 2 },
    ]);
    expect(logEValue).toBe(logSampleRatio(epochs.slice(0, 1)).logEValue);
  });

  it('of no units, or of one variant alone, is 0', () => {
    expect(logSampleRatio([]).logEValue).toBe(0);
    expect(logSampleRatio([{ allocation: { on: 0.2, off: 0.8 }, exposed: {} }]).logEValue).toBeCloseTo(0, 12);
    expect(logSampleRatio([{ allocation: { off: 1 }, exposed: { off: 1e6 } }]).logEValue).toBe(0);
  });

  it('is finite for any counts, and does not depend on the order of the variants', () => {
    fc.assert(
      fc.property(units, units, units, fc.double({ min: 0.01, max: 0.9, noNaN: true }), (a, b, c, share) => {
        const rest = 1 - share;
        const there = { allocation: { a: share, b: rest / 3, c: (2 * rest) / 3 }, exposed: { a, b, c } };
        const back = { allocation: { c: (2 * rest) / 3, b: rest / 3, a: share }, exposed: { c, b, a } };
        const { logEValue } = logSampleRatio([there]);
        expect(Number.isFinite(logEValue)).toBe(true);
        expect(logSampleRatio([back]).logEValue).toBe(logEValue);
      }),
    );
  });

  it('keeps its digits at 10^12 units', () => {
    // A perfect split: ln of the e-value is near -1/2 ln(1 + n/1000).
    const { logEValue } = logSampleRatio([
      { allocation: { on: 0.5, off: 0.5 }, exposed: { on: 5e11, off: 5e11 } },
    ]);
    expect(logEValue).toBeCloseTo(-0.5 * Math.log1p(1e9), 2);
  });

  it.each([
    ['percentages', { on: 10, off: 90 }],
    ['a negative share', { on: -0.5, off: 1.5 }],
    ['a share NaN', { on: Number.NaN, off: 1 }],
    ['no allocation', {}],
  ])('%s are refused', (_, allocation) => {
    expect(codeOf(() => logSampleRatio([{ allocation, exposed: {} }]))).toBe('bad-allocation');
  });

  it('half a unit is refused, expected or not', () => {
    const allocation = { on: 0.5, off: 0.5 };
    expect(codeOf(() => logSampleRatio([{ allocation, exposed: { on: 0.5 } }]))).toBe('bad-count');
    expect(codeOf(() => logSampleRatio([{ allocation, exposed: { blue: -1 } }]))).toBe('bad-count');
  });

  it('Dirichlet-multinomial of two variants is the beta-binomial', () => {
    // P(on, off, on) with a uniform prior: 1/2 * 1/3 * 2/4.
    expect(logDirichletMultinomial([2, 1], [1, 1])).toBeCloseTo(Math.log(1 / 12), 13);
  });
});

describe('the dependence of two flags', () => {
  const transposed = (table: AssignmentTable): number[][] =>
    (table[0] ?? []).map((_, j) => table.map((row) => row[j] ?? 0));

  it('is found where both hash alike, and not where they hash apart', () => {
    const random = randomFrom(7);
    let alarms = 0;
    for (let run = 0; run < 200; run++) {
      const apart = [
        [0, 0],
        [0, 0],
      ];
      let worst = Number.NEGATIVE_INFINITY;
      for (let look = 0; look < 20; look++) {
        for (let unit = 0; unit < 50; unit++) {
          const row = apart[random() < 0.1 ? 0 : 1];
          const column = random() < 0.3 ? 0 : 1;
          if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
        }
        worst = Math.max(worst, logFlagDependence([apart]));
      }
      if (worst >= Math.log(20)) alarms++;
    }
    expect(alarms / 200).toBeLessThanOrEqual(0.05);
    // One hash for both: whoever is below 10 % is below 30 % as well.
    const tied = [
      [100, 0],
      [200, 700],
    ];
    expect(logFlagDependence([tied])).toBeGreaterThan(Math.log(1e30));
  });

  it('adds up over epochs, and two ramps that rise together are no dependence', () => {
    const low = [
      [10, 90],
      [90, 810],
    ];
    const high = [
      [250, 250],
      [250, 250],
    ];
    const pooled = low.map((row, i) => row.map((n, j) => n + (high[i]?.[j] ?? 0)));
    expect(logFlagDependence([pooled])).toBeGreaterThan(Math.log(1e6));
    expect(logFlagDependence([low, high])).toBeLessThan(0);
    expect(logFlagDependence([low, high])).toBeCloseTo(
      logFlagDependence([low]) + logFlagDependence([high]),
      12,
    );
  });

  it('of four units tied two by two is (1/2 * 3/4)^2 over (1/2)^4', () => {
    const tied = [
      [2, 0],
      [0, 2],
    ];
    expect(logFlagDependence([tied])).toBeCloseTo(Math.log(2.25), 13);
  });

  it('is at most 1 in expectation', () => {
    // Four units, the first flag's variants fixed, the second's drawn with 0.3: all 16 outcomes.
    let expectation = 0;
    for (let path = 0; path < 16; path++) {
      const table = [
        [0, 0],
        [0, 0],
      ];
      let probability = 1;
      for (let unit = 0; unit < 4; unit++) {
        const column = (path >> unit) & 1;
        const row = table[unit % 2];
        if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
        probability *= column === 0 ? 0.3 : 0.7;
      }
      expectation += probability * Math.exp(logFlagDependence([table]));
    }
    expect(expectation).toBeLessThanOrEqual(1);
    expect(expectation).toBeGreaterThan(0.1);
  });

  it('is never NaN, also where a variant or all units are missing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(units, units, units), { minLength: 1, maxLength: 4 }), (table) => {
        expect(Number.isFinite(logFlagDependence([table]))).toBe(true);
        expect(Number.isFinite(logFlagDependence([transposed(table)]))).toBe(true);
      }),
    );
    expect(logFlagDependence([])).toBe(0);
    expect(
      logFlagDependence([
        [
          [0, 0],
          [0, 0],
        ],
      ]),
    ).toBe(0);
    expect(codeOf(() => logFlagDependence([[[1, 2], [1]]]))).toBe('bad-table');
    expect(codeOf(() => logFlagDependence([[[1, -2]]]))).toBe('bad-table');
  });

  it('is undone by comparing within the other flag’s variants', () => {
    // Whoever has `other: on` fails, and mostly has `on`: pooled the flag looks guilty, within it is not.
    const counts = [
      { other: 'on', on: [900, 90], off: [100, 10] },
      { other: 'off', on: [100, 0], off: [900, 0] },
    ] as const;
    const cells = (version: (other: string) => string): ReturnType<typeof cell>[] =>
      counts.flatMap(({ other, on, off }) => [
        cell('on', on[0], on[1], { serviceVersion: version(other) }),
        cell('off', off[0], off[1], { serviceVersion: version(other) }),
      ]);
    expect(judge(evidence(cells(() => '1'))).verdict).toBe('roll-back');
    expect(judge(evidence(cells((other) => strataByFlags('1', { other })))).verdict).toBe('hold');
  });

  it('strata are one text per combination, whatever the order of the flags', () => {
    expect(strataByFlags('1', {})).toBe('1');
    expect(strataByFlags('1', { b: 'x', a: 'y' })).toBe(strataByFlags('1', { a: 'y', b: 'x' }));
    const name = fc.string({ maxLength: 4 });
    fc.assert(
      fc.property(name, name, name, name, name, name, (v, a, b, w, c, d) => {
        const same = v === w && a === c && b === d;
        expect(strataByFlags(v, { f: a, g: b }) === strataByFlags(w, { f: c, g: d })).toBe(same);
      }),
    );
  });
});

describe('many flags', () => {
  const p = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  const logE = fc.array(fc.double({ min: -50, max: 2000, noNaN: true }), { maxLength: 12 });

  it('e-BH finds the largest k of which all have K / (k alpha)', () => {
    const alpha = 0.1;
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 8, noNaN: true }), { maxLength: 12 }), (values) => {
        const found = eBenjaminiHochberg(values).filter((x) => x >= Math.log(1 / alpha)).length;
        const falling = [...values].sort((a, b) => b - a);
        const enough = (k: number): boolean =>
          Math.exp(falling[k - 1] ?? Number.NEGATIVE_INFINITY) >= values.length / (k * alpha) - 1e-9;
        expect(found).toBe(falling.map((_, i) => i + 1).findLast(enough) ?? 0);
      }),
    );
  });

  it('e-BH leaves equal e-values and a single one as they are, and infinite ones finite in effect', () => {
    expect(eBenjaminiHochberg([3, 3, 3])).toEqual([3, 3, 3]);
    expect(eBenjaminiHochberg([5])).toEqual([5]);
    expect(eBenjaminiHochberg([])).toEqual([]);
    expect(eBenjaminiHochberg([Number.NEGATIVE_INFINITY, 100_000])).toEqual([
      Number.NEGATIVE_INFINITY,
      100_000 - Math.LN2,
    ]);
  });

  it('no adjusted value says more than the one it came from, and the order stays', () => {
    fc.assert(
      fc.property(logE, (values) => {
        const adjusted = eBenjaminiHochberg(values);
        for (const [i, x] of values.entries()) {
          expect(adjusted[i]).toBeLessThanOrEqual(x + 1e-12);
          for (const [j, y] of values.entries())
            if (x > y) expect(adjusted[i]).toBeGreaterThanOrEqual(adjusted[j] ?? 0);
        }
      }),
    );
    fc.assert(
      fc.property(p, (values) => {
        const fdr = benjaminiHochberg(values);
        const fwer = holm(values);
        for (const [i, x] of values.entries()) {
          expect(fdr[i]).toBeGreaterThanOrEqual(x * (1 - 1e-12));
          expect(fwer[i]).toBeGreaterThanOrEqual((fdr[i] ?? 0) * (1 - 1e-12));
          expect(fwer[i]).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('what is no p-value and no e-value is refused', () => {
    expect(codeOf(() => benjaminiHochberg([0.5, Number.NaN]))).toBe('bad-p-value');
    expect(codeOf(() => holm([1.5]))).toBe('bad-p-value');
    expect(codeOf(() => eBenjaminiHochberg([Number.NaN]))).toBe('bad-e-value');
  });
});
