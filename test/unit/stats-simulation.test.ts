import { describe, expect, it } from 'vitest';
import { type EvidenceCell, judge } from '../../src/stats/index.js';

/** Mulberry32: 32 bits of state are plenty here, and every run draws the same numbers. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Binomial by the gaps between successes, which are geometric: exact, and quick for rare events. */
function binomial(n: number, p: number, next: () => number): number {
  const step = Math.log1p(-p);
  let successes = 0;
  for (let i = Math.floor(Math.log(1 - next()) / step); i < n; successes++) {
    i += 1 + Math.floor(Math.log(1 - next()) / step);
  }
  return successes;
}

interface Scenario {
  readonly seed: number;
  readonly runs: number;
  readonly blocks: number;
  readonly perBlock: number;
  /** Treatment's share in a block. */
  readonly share: (block: number) => number;
  /** Control's failure rate in a block. */
  readonly rate: (block: number, run: number) => number;
  readonly ratio: number;
}

interface Outcome {
  readonly rolledBack: number;
  readonly rolledForward: number;
  /** Requests at the first roll-back, in the middle of the runs that had one. */
  readonly medianRequests: number;
}

/** Judges after every block, and stops a run at its first roll-back: what a guard does. */
function simulate({ seed, runs, blocks, perBlock, share, rate, ratio }: Scenario): Outcome {
  const next = random(seed);
  let rolledForward = 0;
  const found: number[] = [];
  for (let run = 0; run < runs; run++) {
    const cells: EvidenceCell[] = [];
    let forward = false;
    for (let from = 0; from < blocks; from++) {
      const p = rate(from, run);
      const treated = Math.round(perBlock * share(from));
      const key = { epoch: String(share(from)), from, serviceVersion: '1' };
      const failures = binomial(treated, p * ratio, next);
      cells.push({ ...key, variant: 'on', requests: treated, errors: failures });
      const rest = perBlock - treated;
      cells.push({ ...key, variant: 'off', requests: rest, errors: binomial(rest, p, next) });
      const { verdict } = judge({ version: 1, flag: 'f', control: 'off', treatment: 'on', cells });
      if (verdict === 'roll-forward') forward = true;
      if (verdict === 'roll-back') {
        found.push((from + 1) * perBlock);
        break;
      }
    }
    if (forward) rolledForward++;
  }
  found.sort((a, b) => a - b);
  return {
    rolledBack: found.length / runs,
    rolledForward: rolledForward / runs,
    medianRequests: found[found.length >> 1] ?? Number.NaN,
  };
}

/** The base rate wanders between 0.1 and 3 %, at its own pace in each run. */
const drift = (block: number, run: number): number => 0.0055 * Math.exp(1.7 * Math.sin(block * 0.4 + run));
const ramp = (block: number): number => [0.01, 0.05, 0.25, 0.5][block >> 3] ?? 0.5;

/** Three standard errors of a share found in so many runs: one false failure in 700 seeds, and the seed is fixed. */
const monteCarlo = (p: number, runs: number): number => 3 * Math.sqrt((p * (1 - p)) / runs);

describe('judged after every block', () => {
  const runs = 200;

  it('a harmless flag in a ramp, while the base rate drifts, is rolled back in at most alpha of the runs', () => {
    const outcome = simulate({
      seed: 1,
      runs,
      blocks: 32,
      perBlock: 2000,
      share: ramp,
      rate: drift,
      ratio: 1,
    });
    console.log(`false roll-back: ${(100 * outcome.rolledBack).toFixed(1)} % of ${runs} runs, 32 looks each`);
    expect(outcome.rolledBack).toBeLessThanOrEqual(0.05 + monteCarlo(0.05, runs));
    expect(outcome.rolledForward).toBeGreaterThan(0.5);
  });

  it('a flag on the border of both margins is rolled forward in at most alpha of the runs', () => {
    // 0.4 % times 1.5 is also the 2 per 1,000 more that count as unsafe: where a false roll-forward is likeliest.
    const outcome = simulate({
      seed: 2,
      runs,
      blocks: 24,
      perBlock: 4000,
      share: () => 0.5,
      rate: () => 0.004,
      ratio: 1.5,
    });
    console.log(
      `false roll-forward: ${(100 * outcome.rolledForward).toFixed(1)} % of ${runs} runs, 24 looks each`,
    );
    expect(outcome.rolledForward).toBeLessThanOrEqual(0.05 + monteCarlo(0.05, runs));
  });

  it('a planted fault, three times the failures, is found in a 10 % canary', () => {
    const outcome = simulate({
      seed: 3,
      runs: 60,
      blocks: 40,
      perBlock: 2000,
      share: () => 0.1,
      rate: drift,
      ratio: 3,
    });
    console.log(
      `found: ${(100 * outcome.rolledBack).toFixed(0)} % of 60 runs, median ${outcome.medianRequests} requests`,
    );
    expect(outcome.rolledBack).toBeGreaterThan(0.95);
    expect(outcome.rolledForward).toBeLessThanOrEqual(0.05);
    expect(outcome.medianRequests).toBeLessThan(40_000);
  });
});
