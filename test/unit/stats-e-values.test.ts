import { describe, expect, it } from 'vitest';
import { absoluteGains, logHarm, ratioGains, wholeHistory } from '../../src/stats/e-values.js';
import { logMeanExp, logSumExp } from '../../src/stats/log-space.js';
import { groupByOdds } from '../../src/stats/odds.js';
import { estimateRatio } from '../../src/stats/ratio.js';
import { findRoot } from '../../src/stats/root.js';
import { type Table, totalsOf } from '../../src/stats/tables.js';

function table(
  from: number,
  treatment: readonly [requests: number, events: number],
  control: readonly [requests: number, events: number],
): Table {
  return {
    epoch: 'e',
    from,
    treatmentRequests: treatment[0],
    treatmentEvents: treatment[1],
    controlRequests: control[0],
    controlEvents: control[1],
  };
}

/** The grid and the sums written out as the definition has them, with no tricks and small numbers. */
const grid = Array.from({ length: 40 }, (_, j) => 0.05 + ((Math.log(20) - 0.05) * j) / 39);

function naiveGains(tables: readonly Table[], nullRatio: number, sign: 1 | -1): number[] {
  return grid.map((d) => {
    const r = nullRatio * Math.exp(sign * d);
    let sum = 0;
    for (const { treatmentRequests: nT, controlRequests: nC, treatmentEvents: k, controlEvents } of tables) {
      const fall = Math.log(nT * r + nC) - Math.log(nT * nullRatio + nC);
      sum += k * sign * d - (k + controlEvents) * fall;
    }
    return sum;
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const naiveE = (tables: readonly Table[], nullRatio: number): number =>
  mean(naiveGains(tables, nullRatio, 1).map(Math.exp));

const threeBlocks = [
  table(1, [100, 3], [300, 4]),
  table(1, [50, 0], [70, 2]),
  table(2, [120, 6], [310, 3]),
  table(5, [90, 2], [400, 1]),
];

describe('harm', () => {
  it('is what the definition says, term by term', () => {
    const whole = naiveE(threeBlocks, 1.1);
    const late =
      whole / 2 + naiveE(threeBlocks.slice(2), 1.1) / 6 + naiveE(threeBlocks.slice(3), 1.1) / 12 + 1 / 4;
    expect(logHarm(threeBlocks, Math.log(1.1))).toBeCloseTo(Math.log(whole / 2 + late / 2), 12);
  });

  it('of one event in an equal split is a mean of 2r/(1+r)', () => {
    const e = mean(grid.map((d) => (2 * Math.exp(d)) / (1 + Math.exp(d))));
    expect(logHarm([table(0, [10, 1], [10, 0])], 0)).toBeCloseTo(Math.log(0.75 * e + 0.25), 13);
  });

  it('of five failures in a 10 % canary and none beside it is 2,738 to 1 over the whole history', () => {
    const gains = ratioGains([table(0, [1000, 5], [9000, 0])], 0, 'above');
    expect(Math.exp(logMeanExp(gains))).toBeCloseTo(2738, 0);
  });

  it('has expectation 1 under the null, given the totals', () => {
    // Two strata, all outcomes weighed by their binomial probabilities at ratio r0.
    const choose = [1, 4, 6, 4, 1];
    const odds = [1 / 9, 3];
    const r0 = 1.1;
    let expectation = 0;
    for (let a = 0; a <= 4; a++) {
      for (let b = 0; b <= 4; b++) {
        const probability = [a, b].map((k, s) => {
          const p = ((odds[s] ?? 0) * r0) / (1 + (odds[s] ?? 0) * r0);
          return (choose[k] ?? 0) * p ** k * (1 - p) ** (4 - k);
        });
        const tables = [table(0, [100, a], [900, 4 - a]), table(1, [300, b], [100, 4 - b])];
        expectation +=
          (probability[0] ?? 0) * (probability[1] ?? 0) * Math.exp(logHarm(tables, Math.log(r0)));
      }
    }
    expect(expectation).toBeCloseTo(1, 12);
  });

  it('of a fault that comes late does not wait until a long clean past is outweighed', () => {
    // 600,000 clean requests, then five times the failures, in steps of 1,000 requests with a tenth treated.
    const clean = Array.from({ length: 600 }, (_, i) =>
      table(i, [100, i % 5 === 0 ? 1 : 0], [900, i % 5 < 4 ? 2 : 1]),
    );
    const foundAfter = (logE: (tables: readonly Table[]) => number): number => {
      const tables = [...clean];
      while (logE(tables) < Math.log(20) && tables.length < 900)
        tables.push(table(tables.length, [100, 1], [900, 2]));
      return tables.length - clean.length;
    };
    const whole = foundAfter((tables) => logMeanExp(ratioGains(tables, 0, 'above')));
    const harm = foundAfter((tables) => logHarm(tables, 0));
    expect(whole).toBeGreaterThan(50);
    expect(harm).toBeLessThanOrEqual(whole / 2);
  });

  it('stays finite where the e-value is not', () => {
    const value = logHarm([table(0, [1e12, 5e11], [1e12, 1e11])], 0);
    expect(value).toBeGreaterThan(1e10);
    expect(Number.isFinite(value)).toBe(true);
  });
});

describe('safety', () => {
  it('by ratio is what the definition says', () => {
    const gains = ratioGains(threeBlocks, Math.log(1.5), 'below');
    for (const [j, gain] of naiveGains(threeBlocks, 1.5, -1).entries())
      expect(gains[j]).toBeCloseTo(gain, 12);
  });

  it('by extra risk with no events is n_T delta (1 - a)', () => {
    const gains = absoluteGains([table(0, [3000, 0], [27000, 0])], 0.002);
    for (const [j, d] of grid.entries()) expect(gains[j]).toBeCloseTo(6 * (1 - Math.exp(-d)), 12);
  });

  it('by extra risk has expectation at most 1 where the extra risk is delta', () => {
    // One request each, treatment fails with 0.3, control with 0.1, delta 0.2: all four outcomes.
    let expectation = 0;
    for (const [k, c, p] of [
      [0, 0, 0.7 * 0.9],
      [1, 0, 0.3 * 0.9],
      [0, 1, 0.7 * 0.1],
      [1, 1, 0.3 * 0.1],
    ] as const) {
      expectation += p * Math.exp(logMeanExp(absoluteGains([table(0, [1, k], [1, c])], 0.2)));
    }
    expect(expectation).toBeLessThanOrEqual(1);
    expect(expectation).toBeGreaterThan(0.8);
  });
});

describe('the ratio and its interval', () => {
  const bound = Math.log(40);

  it('of one stratum is the ratio of its rates', () => {
    const tables = [table(0, [700, 21], [300, 4])];
    expect(estimateRatio(tables, totalsOf(tables), bound, bound).ratio).toBeCloseTo(21 / 700 / (4 / 300), 12);
  });

  it('ends where the e-values reach the bound', () => {
    const totals = totalsOf(threeBlocks.map((t) => ({ ...t, treatmentEvents: t.treatmentEvents * 9 })));
    const tables = threeBlocks.map((t) => ({ ...t, treatmentEvents: t.treatmentEvents * 9 }));
    const { low, high } = estimateRatio(tables, totals, bound, bound);
    expect(Math.log(naiveE(tables, low))).toBeCloseTo(bound, 10);
    expect(Math.log(mean(naiveGains(tables, high ?? 0, -1).map(Math.exp)))).toBeCloseTo(bound, 10);
  });

  it('turns over when the variants are swapped', () => {
    const swapped = threeBlocks.map((t) =>
      table(t.from, [t.controlRequests, t.controlEvents * 9], [t.treatmentRequests, t.treatmentEvents * 9]),
    );
    const tables = swapped.map((t) =>
      table(t.from, [t.controlRequests, t.controlEvents], [t.treatmentRequests, t.treatmentEvents]),
    );
    const one = estimateRatio(tables, totalsOf(tables), bound, bound);
    const other = estimateRatio(swapped, totalsOf(swapped), bound, bound);
    expect(one.low).toBeGreaterThan(0);
    expect(other.ratio).toBeCloseTo(1 / (one.ratio ?? 0), 10);
    expect(other.high).toBeCloseTo(1 / one.low, 9);
    expect(other.low).toBeCloseTo(1 / (one.high ?? 0), 9);
  });

  it('is not bounded where too few events speak', () => {
    const tables = [table(0, [1000, 1], [1000, 1])];
    const estimate = estimateRatio(tables, totalsOf(tables), bound, bound);
    expect(estimate.ratio).toBeCloseTo(1, 12);
    expect(estimate).toMatchObject({ low: 0, high: null });
  });

  it('has e-values that fall with the null ratio, at the slope that is stated', () => {
    const groups = groupByOdds(threeBlocks);
    let last = Number.POSITIVE_INFINITY;
    for (let x = -6; x <= 6; x += 0.25) {
      const { value, slope } = wholeHistory(groups, 11, x, 'above');
      const ahead = wholeHistory(groups, 11, x + 1e-5, 'above').value;
      const behind = wholeHistory(groups, 11, x - 1e-5, 'above').value;
      expect(value).toBeLessThan(last);
      expect(slope).toBeCloseTo((ahead - behind) / 2e-5, 6);
      last = value;
    }
  });
});

describe('strata merged for the interval', () => {
  it('give the sums of the strata themselves, at shares from 1 in 100,000 to 99 %', () => {
    const tables = Array.from({ length: 3000 }, (_, i) => {
      const share = 1 / (1 + Math.exp(11 - (15 * i) / 3000));
      return table(i, [Math.ceil(1e6 * share), i % 3], [Math.ceil(1e6 * (1 - share)), (i * 7) % 5]);
    });
    const { treatmentEvents } = totalsOf(tables);
    const groups = groupByOdds(tables);
    expect(groups.length).toBeLessThan(300);
    for (const x of [-3, 0, 0.1, 2]) {
      for (const direction of ['above', 'below'] as const) {
        const exact = logMeanExp(ratioGains(tables, x, direction));
        const merged = wholeHistory(groups, treatmentEvents, x, direction).value;
        expect(Math.abs(merged / exact - 1)).toBeLessThan(1e-11);
      }
    }
  });
});

describe('root finding and logs', () => {
  it('finds roots from far away, and none where there is none', () => {
    expect(findRoot((x) => ({ value: 3 - x, slope: -1 }), -600)).toBeCloseTo(3, 12);
    expect(findRoot((x) => ({ value: Math.exp(-x) - 1e-9, slope: -Math.exp(-x) }), 0)).toBeCloseTo(
      Math.log(1e9),
      10,
    );
    expect(findRoot((x) => ({ value: 1 + Math.exp(-x), slope: -Math.exp(-x) }), 0)).toBeNull();
    expect(findRoot((x) => ({ value: -1 - Math.exp(x), slope: -Math.exp(x) }), 0)).toBeNull();
  });

  it('sums in logs what no double holds', () => {
    expect(logSumExp(Float64Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logMeanExp(Float64Array.of(-1000, -1000))).toBeCloseTo(-1000, 12);
  });
});
