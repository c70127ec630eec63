import { describe, expect, it } from 'vitest';
import { type Evidence, type EvidenceCell, judge, type VerdictParameters } from '../../src/stats/index.js';
import { cell, evidence, numbersIn } from '../support/stats-evidence.js';

const safeCells = [cell('on', 20_000, 40), cell('off', 20_000, 41)];
const harmfulCells = [cell('on', 1000, 50), cell('off', 9000, 10)];

describe('a hold says why', () => {
  it('safe evidence with nothing wrong goes forward', () => {
    expect(judge(evidence(safeCells))).toMatchObject({
      verdict: 'roll-forward',
      reasons: [],
      requestsNeeded: 0,
    });
  });

  it.each<[string, Partial<VerdictParameters>, Partial<Evidence>, string[]]>([
    ['lost telemetry', {}, { complete: false }, ['incomplete']],
    ['series folded together', {}, { overflow: true }, ['overflow']],
    ['too few requests', { minRequests: 40_001 }, {}, ['too-early']],
    ['too little time', { minSeconds: 600 }, { elapsedSeconds: 599 }, ['too-early']],
    ['unknown time', { minSeconds: 600 }, {}, ['too-early']],
    [
      'all of them, in order',
      { minRequests: 1e6 },
      { complete: false, overflow: true },
      ['incomplete', 'overflow', 'too-early'],
    ],
  ])('%s', (_, parameters, over, reasons) => {
    const judgement = judge(evidence(safeCells, parameters, over));
    expect(judgement).toMatchObject({ verdict: 'hold', reasons });
    expect(judgement.explanation.length).toBeGreaterThan(reasons.length + 2);
  });

  it('the least that is asked for is enough', () => {
    const judgement = judge(
      evidence(safeCells, { minRequests: 40_000, minSeconds: 600 }, { elapsedSeconds: 600 }),
    );
    expect(judgement.verdict).toBe('roll-forward');
  });

  it('more than 5 % of the treatment without a control beside it', () => {
    const alone = (requests: number): EvidenceCell => cell('on', requests, 0, { serviceVersion: '2' });
    const paired = [cell('on', 19_000, 38), cell('off', 20_000, 41)];
    expect(judge(evidence([...paired, alone(1000)])).verdict).toBe('roll-forward');
    expect(judge(evidence([...paired, alone(1001)]))).toMatchObject({
      verdict: 'hold',
      reasons: ['unpaired'],
    });
  });

  it('control without a treatment beside it is not unpaired', () => {
    const judgement = judge(evidence([...safeCells, cell('off', 1e6, 0, { from: 1 })]));
    expect(judgement.verdict).toBe('roll-forward');
  });

  it.each([
    ['no cells', []],
    ['control only', [cell('off', 5000, 3)]],
    ['no requests', [cell('on', 0, 0), cell('off', 0, 0)]],
    ['no requests of the control', [cell('on', 0, 0), cell('off', 5000, 1)]],
  ])('%s', (_, cells) => {
    const judgement = judge(evidence(cells));
    expect(judgement).toMatchObject({
      verdict: 'hold',
      reasons: ['insufficient', 'inconclusive'],
      errors: null,
    });
    expect(judgement.requestsNeeded).toBeNull();
  });

  it('variants that never met in one stratum', () => {
    const apart = [cell('on', 5000, 3), cell('off', 5000, 3, { from: 1 })];
    expect(judge(evidence(apart)).reasons).toEqual(['insufficient', 'unpaired', 'inconclusive']);
  });

  it('proven harm rolls back whatever else is wrong, and the sentences still say what is', () => {
    const wrong = { complete: false, overflow: true };
    const judgement = judge(evidence(harmfulCells, { minRequests: 1e9, minSeconds: 1e9 }, wrong));
    expect(judgement).toMatchObject({ verdict: 'roll-back', reasons: [], requestsNeeded: null });
    expect(judgement.explanation.join(' ')).toContain('Telemetry is incomplete');
  });
});

describe('the sample ratio', () => {
  const exposed = (on: number, off: number, more: Record<string, number> = {}): Evidence =>
    evidence(
      safeCells,
      {},
      {
        epochs: [{ epoch: 'e', allocation: { on: 0.5, off: 0.5, blue: 0 }, exposed: { on, off, ...more } }],
      },
    );

  it('holds from odds of 1,000 to 1 on', () => {
    const seen = Array.from({ length: 400 }, (_, excess) => judge(exposed(5000 + excess, 5000 - excess)));
    for (const { sampleRatio, verdict, reasons } of seen) {
      const isMismatch = (sampleRatio ?? 0) >= Math.log(1000);
      expect(reasons).toEqual(isMismatch ? ['sample-ratio'] : []);
      expect(verdict).toBe(isMismatch ? 'hold' : 'roll-forward');
    }
    const logs = seen.map(({ sampleRatio }) => sampleRatio ?? 0);
    expect(logs.some((log) => log > Math.log(700) && log < Math.log(1000))).toBe(true);
    expect(logs.some((log) => log > Math.log(1000) && log < Math.log(1400))).toBe(true);
  });

  it('holds for one unit that saw what is given to nobody, and names it', () => {
    const judgement = judge(exposed(5000, 5000, { blue: 1 }));
    expect(judgement).toMatchObject({ verdict: 'hold', reasons: ['sample-ratio'] });
    expect(judgement.explanation.join(' ')).toContain('gives to nobody: blue 1');
  });
});

describe('requests needed', () => {
  const block = (epoch: string, from: number, treated: number, all = 1000): EvidenceCell[] => [
    cell('on', treated, 0, { epoch, from }),
    cell('off', all - treated, 0, { epoch, from }),
  ];
  const neededAfter = (...cells: EvidenceCell[][]): number =>
    judge(evidence(cells.flat())).requestsNeeded ?? 0;

  it('are foretold from the share of the newest epoch, not of the whole history', () => {
    const risen = neededAfter(block('a', 0, 10), block('b', 1, 500));
    const fallen = neededAfter(block('a', 0, 500), block('b', 1, 10));
    expect(risen).toBeGreaterThan(0);
    expect(fallen / risen).toBeGreaterThan(20);
  });

  it('take the epoch that began later where two end in one block, whatever their names', () => {
    const one = neededAfter(block('a', 0, 10), block('a', 1, 10), block('b', 1, 500));
    const other = neededAfter(block('z', 0, 10), block('z', 1, 10), block('b', 1, 500));
    expect(other).toBe(one);
    expect(neededAfter(block('a', 0, 500), block('a', 1, 500), block('b', 1, 10)) / one).toBeGreaterThan(20);
  });

  it('are unknown where no number would do', () => {
    // A margin at the ratio that is there, and none for extra risk: nothing is gained by waiting.
    const judgement = judge(
      evidence([cell('on', 1000, 5), cell('off', 1000, 5)], { marginErrors: 1, extraErrors: 0 }),
    );
    expect(judgement).toMatchObject({ verdict: 'hold', requestsNeeded: null });
    expect(judgement.explanation.join(' ')).toContain('widen a margin');
  });
});

describe('the slow guardrail', () => {
  const parameters = { slowThreshold: 0.25 };
  const withSlow = (slow: number | null): EvidenceCell[] => safeCells.map((c) => ({ ...c, slow }));

  it('is decided on where it is safe', () => {
    const judgement = judge(evidence(withSlow(1000), parameters));
    expect(judgement).toMatchObject({ verdict: 'roll-forward', slow: { threshold: 0.25, safe: true } });
  });

  it('without any data is never safe', () => {
    const judgement = judge(evidence(withSlow(null), parameters));
    expect(judgement).toMatchObject({
      verdict: 'hold',
      reasons: ['insufficient', 'inconclusive'],
      slow: null,
    });
    expect(judgement.requestsNeeded).toBeNull();
  });

  it('leaves calibration blocks out, and only for slow requests', () => {
    const calibration = safeCells.map((c) => ({ ...c, from: -1, slow: null }));
    const judgement = judge(evidence([...calibration, ...withSlow(1000)], parameters));
    expect(judgement.slow).toEqual(judge(evidence(withSlow(1000), parameters)).slow);
    const counted = calibration.map((c) => ({ ...c, slow: 1000 }));
    expect(judgement.errors).toEqual(judge(evidence([...counted, ...withSlow(1000)], parameters)).errors);
    expect(judgement.explanation[0]).toContain('of 40,000');
  });

  it('leaves a stratum out as a whole, lest routes remain in one arm only', () => {
    const mixed = [...withSlow(1000), cell('on', 100, 0, { route: '/new', slow: null })];
    expect(judge(evidence(mixed, parameters)).slow).toBeNull();
  });

  it('counts explicit and exponential histograms alike at a shared edge', () => {
    const explicit = judge(
      evidence(
        safeCells.map((c) => ({
          ...c,
          histogram: { bounds: [0.1, 0.25, 1], counts: [9000, 10_000, 900, 100] },
        })),
        parameters,
      ),
    );
    const exponential = judge(
      evidence(
        safeCells.map((c) => ({
          ...c,
          histogram: { scale: 2, zero: 500, buckets: { '-30': 8500, '-9': 10_000, '-8': 900, '3': 100 } },
        })),
        parameters,
      ),
    );
    expect(explicit.slow).toEqual(judge(evidence(withSlow(1000), parameters)).slow);
    expect(exponential.slow).toEqual(explicit.slow);
  });

  it('counts at every edge 2^(k/4), at every scale from 2 on', () => {
    for (let k = -40; k <= 8; k++) {
      for (const scale of [2, 3, 8, 20]) {
        const edge = k * 2 ** (scale - 2);
        const histogram = { scale, zero: 0, buckets: { [edge - 1]: 19_000, [edge]: 1000 } };
        const cells = safeCells.map((c) => ({ ...c, histogram }));
        const slowThreshold = 2 ** (k / 4);
        expect(judge(evidence(cells, { slowThreshold })).slow?.logESafe).toBe(
          judge(evidence(withSlow(1000), parameters)).slow?.logESafe,
        );
      }
    }
  });

  it('halves the chance of error that each guardrail may use', () => {
    const alone = judge(evidence(safeCells)).errors;
    const shared = judge(evidence(withSlow(1000), parameters)).errors;
    expect(shared?.logEHarm).toBe(alone?.logEHarm);
    expect(shared?.low).toBeLessThan(alone?.low ?? 0);
    expect(shared?.high).toBe(alone?.high);
  });
});

describe('the sentences', () => {
  it('say the counts and the odds', () => {
    const { explanation } = judge(evidence([cell('on', 1000, 5), cell('off', 9000, 0)]));
    expect(explanation[0]).toBe(
      'control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.',
    );
  });

  it('begin with the guardrail that proves harm', () => {
    const slowOnly = [cell('on', 9000, 9, { slow: 900 }), cell('off', 9000, 9, { slow: 90 })];
    const { verdict, explanation } = judge(evidence(slowOnly, { slowThreshold: 0.25 }));
    expect(verdict).toBe('roll-back');
    expect(explanation[0]).toContain('control was slower than 0.25 s in 90 of 9,000, treatment in 900');
    expect(explanation[2]).toContain('control failed 9 of 9,000');
    const both = slowOnly.map((c) => ({ ...c, errors: c.variant === 'on' ? 900 : 9 }));
    expect(judge(evidence(both, { slowThreshold: 0.25 })).explanation[0]).toContain('control failed');
  });

  it('do not write out odds beyond a million', () => {
    expect(judge(evidence(harmfulCells)).explanation[0]).toContain('more than 1,000,000 to 1 against chance');
  });

  it('say what is needed next', () => {
    const { explanation } = judge(evidence([cell('on', 500, 5), cell('off', 49_500, 99)]));
    expect(explanation.join(' ')).toContain('about 1,300,000 more requests at this share, half to threefold');
    expect(explanation[0]).toContain('(20 to 1 would prove harm)');
  });

  it('say once what the method assumes', () => {
    const sentences = judge(evidence(safeCells)).explanation.filter((s) =>
      s.includes('each request is assigned by itself'),
    );
    expect(sentences).toHaveLength(1);
  });

  it('write small thresholds as they are', () => {
    const cells = safeCells.map((c) => ({ ...c, slow: 1000 }));
    const { explanation } = judge(evidence(cells, { slowThreshold: 0.0625 }));
    expect(explanation.join(' ')).toContain('slower than 0.0625 s');
  });
});

describe('size', () => {
  it.each([1e9, 1e12])('%d requests are judged without loss', (requests) => {
    const cells = [cell('on', requests / 2, requests * 0.001), cell('off', requests / 2, requests * 0.001)];
    const judgement = judge(evidence(cells));
    expect(judgement).toMatchObject({ verdict: 'roll-forward', errors: { safe: true, harm: false } });
    expect(judgement.errors?.ratio).toBeCloseTo(1, 12);
    expect(numbersIn(judgement).every(Number.isFinite)).toBe(true);
  });

  it('ISO times order the blocks as numbers do', () => {
    const blocks = [0, 1, 2].flatMap((from) => [
      cell('on', 900, from * 4, { from }),
      cell('off', 900, 2, { from }),
    ]);
    // The offsets turn the order of the texts around: only the instants count.
    const iso = ['2026-01-02T01:00:00+09:00', '2026-01-01T20:00:00Z', '2026-01-01T19:00:00.5-05:00'];
    const dated = blocks.map((c) => ({ ...c, from: iso[Number(c.from)] ?? '' }));
    expect(judge(evidence(dated))).toEqual(judge(evidence(blocks)));
  });
});
