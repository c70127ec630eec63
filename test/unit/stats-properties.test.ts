import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/stats/index.js';
import { cell, evidence, numbersIn } from '../support/stats-evidence.js';

const harmfulCells = [cell('on', 1000, 50), cell('off', 9000, 10)];

const count = fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 1_000_000 }));
const anyCell = fc
  .record({
    variant: fc.constantFrom<'on' | 'off'>('on', 'off'),
    requests: count,
    errorShare: fc.double({ min: 0, max: 1, noNaN: true }),
    slowShare: fc.double({ min: 0, max: 1, noNaN: true }),
    epoch: fc.constantFrom('a', 'b'),
    from: fc.integer({ min: 0, max: 4 }),
    route: fc.constantFrom('/', '/cart'),
    serviceVersion: fc.constantFrom('1', '2'),
  })
  .map(({ errorShare, slowShare, ...rest }) => ({
    ...rest,
    errors: Math.floor(errorShare ** 4 * rest.requests),
    slow: Math.floor(slowShare ** 4 * rest.requests),
  }));
const anyCells = fc.array(anyCell, { maxLength: 24 });
const parameters = { slowThreshold: 0.25 };

describe('for any evidence', () => {
  it('blocks are ordered by their time, not by their place in the list', () => {
    const blocks = [0, 1, 2, 10].map((from) => [
      cell('on', 900, from * 4, { from }),
      cell('off', 900, 2, { from, epoch: 'e' }),
    ]);
    const [a = [], b = [], c = [], d = []] = blocks;
    const inOrder = judge(evidence(blocks.flat()));
    expect(judge(evidence([...d, ...b, ...a, ...c]))).toEqual(inOrder);
    expect(judge(evidence(blocks.toReversed().flat()))).toEqual(inOrder);
  });

  it('the order of the cells is irrelevant, to the last bit', () => {
    fc.assert(
      fc.property(anyCells, fc.infiniteStream(fc.nat()), (cells, keys) => {
        const shuffled = cells.map((c) => ({ c, key: keys.next().value })).sort((a, b) => a.key - b.key);
        expect(
          judge(
            evidence(
              shuffled.map(({ c }) => c),
              parameters,
            ),
          ),
        ).toEqual(judge(evidence(cells, parameters)));
      }),
    );
  });

  it('splitting a cell by route changes nothing', () => {
    fc.assert(
      fc.property(anyCells, (cells) => {
        const split = cells.flatMap((c) => {
          const half = { requests: c.requests >> 1, errors: c.errors >> 1, slow: c.slow >> 1 };
          const rest = {
            requests: c.requests - half.requests,
            errors: c.errors - half.errors,
            slow: c.slow - half.slow,
          };
          return [
            { ...c, route: '/a', ...rest },
            { ...c, route: '/b', ...half },
          ];
        });
        expect(judge(evidence(split, parameters))).toEqual(judge(evidence(cells, parameters)));
      }),
    );
  });

  it('no number is NaN or infinite, the interval holds the ratio and agrees with the verdict', () => {
    fc.assert(
      fc.property(anyCells, (cells) => {
        const judgement = judge(evidence(cells, parameters));
        for (const number of numbersIn(judgement)) expect(Number.isFinite(number)).toBe(true);
        for (const [result, nullRatio, margin] of [
          [judgement.errors, 1, 1.5],
          [judgement.slow, 1.1, 1.25],
        ] as const) {
          if (result === null) continue;
          if (result.ratio !== null) expect(result.low).toBeLessThanOrEqual(result.ratio);
          if (result.ratio !== null && result.high !== null)
            expect(result.ratio).toBeLessThanOrEqual(result.high);
          if (result.low > nullRatio) expect(result.harm).toBe(true);
          if (result.high !== null && result.high < margin) expect(result.safe).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a stratum with one variant adds nothing', () => {
    fc.assert(
      fc.property(anyCells, fc.integer({ min: 1, max: 1e6 }), (cells, requests) => {
        const more = [...cells, cell('off', requests, requests >> 1, { from: 9, slow: requests >> 2 })];
        expect(judge(evidence(more, parameters)).errors).toEqual(judge(evidence(cells, parameters)).errors);
      }),
    );
  });

  it('one more failure of the treatment is never less evidence of harm, nor more of safety', () => {
    fc.assert(
      fc.property(anyCells, fc.nat(), (cells, pick) => {
        const treated = cells.filter((c) => c.variant === 'on' && c.errors < c.requests);
        const chosen = treated[pick % Math.max(1, treated.length)];
        if (chosen === undefined) return;
        const worse = cells.map((c) => (c === chosen ? { ...c, errors: c.errors + 1 } : c));
        const [before, after] = [judge(evidence(cells)).errors, judge(evidence(worse)).errors];
        if (before === null || after === null) return;
        const slack = 1e-9 * (1 + Math.abs(before.logEHarm) + Math.abs(before.logESafe));
        expect(after.logEHarm).toBeGreaterThanOrEqual(before.logEHarm - slack);
        expect(after.logESafe).toBeLessThanOrEqual(before.logESafe + slack);
      }),
    );
  });

  it('harm falls as the null ratio rises', () => {
    let last = Number.POSITIVE_INFINITY;
    for (let harmErrors = 0.2; harmErrors < 8; harmErrors *= 1.2) {
      const logEHarm = judge(evidence(harmfulCells, { harmErrors })).errors?.logEHarm ?? Number.NaN;
      expect(logEHarm).toBeLessThan(last);
      last = logEHarm;
    }
  });
});
