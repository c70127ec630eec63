import { describe, expect, test } from 'vitest';
import {
  drawReports,
  type Known,
  movesIn,
  type SteppedTraffic,
  verdictOf,
} from '../support/simulation/share-step.js';

/** 1, 5, 25, 50 % within two hours, each step in the middle of a block, while failures become more and more. */
const RAMP: SteppedTraffic = {
  ...{ seed: 601, minutes: 120, perTick: 200, processes: 4 },
  steps: [
    [0, 0.01],
    [1500, 0.05],
    [3300, 0.25],
    [5100, 0.5],
  ],
  rate: (second) => 0.002 * 40 ** (second / 7200),
  ratio: () => 1,
};

/** Ten times the failures for everybody, from a minute after each step on: where two shares in one block mislead most. */
const STORM: SteppedTraffic = {
  ...{ ...RAMP, seed: 602, perTick: 12_800 },
  rate: (second) => ((second - 60) % 1800 < 1500 ? 0.002 : 0.02),
};

const RUNS = 100;

/** Looks are every ten minutes, and the first roll-back is acted on. */
const LOOK_SECONDS = 600;

function rolledBack(traffic: SteppedTraffic, ...ways: Known[]): number[] {
  const found = ways.map(() => 0);
  for (let run = 0; run < RUNS; run++) {
    const reports = drawReports(traffic, run);
    for (const [i, known] of ways.entries()) {
      for (let now = LOOK_SECONDS; now <= traffic.minutes * 60; now += LOOK_SECONDS) {
        const sofar = reports.filter(({ time }) => time <= now);
        if (verdictOf(sofar, traffic, known) !== 'roll-back') continue;
        found[i] = (found[i] ?? 0) + 1;
        break;
      }
    }
  }
  console.log(ways.map((known, i) => `${known} ${found[i]} of ${RUNS}`).join(', '));
  return found;
}

describe('a harmless ramp while the base rate drifts, reported each minute by four processes', () => {
  test('pooled, it is always rolled back; told or seen, in 5 of 100 at most', () => {
    const [pooled, told, seen] = rolledBack(RAMP, 'pooled', 'told', 'seen');
    expect(pooled).toBe(RUNS);
    expect(told).toBeLessThanOrEqual(5);
    expect(seen).toBeLessThanOrEqual(5);
  }, 60_000);

  test('in a storm of failures blocks alone are not enough; told or seen, they are', () => {
    const [blocks, once, twice, told, seen] = rolledBack(
      STORM,
      'blocks',
      'cut-once',
      'cut-twice',
      'told',
      'seen',
    );
    expect(blocks).toBe(RUNS);
    expect(once).toBeGreaterThan(90);
    expect(twice).toBeGreaterThan(10);
    expect(told).toBeLessThanOrEqual(5);
    expect(seen).toBeLessThanOrEqual(5);
  }, 60_000);
});

describe('harm is not hidden', () => {
  test('where those who fail try again, and move the share', () => {
    const late: SteppedTraffic = {
      ...{ ...RAMP, seed: 603, steps: [[0, 0.1]], retries: 3 },
      rate: () => 0.01,
      ratio: (second) => (second < 3600 ? 1 : 40),
    };
    expect(movesIn(drawReports(late, 0)).length).toBeGreaterThan(0);
    const [blocks, seen] = rolledBack(late, 'blocks', 'seen');
    expect([blocks, seen]).toEqual([RUNS, RUNS]);
  }, 60_000);

  test('small harm is found as often with the blocks that moves split as without', () => {
    const small: SteppedTraffic = { ...RAMP, seed: 604, rate: () => 0.01, ratio: () => 1.3 };
    const [blocks = 0, told = 0, seen = 0] = rolledBack(small, 'blocks', 'told', 'seen');
    expect(blocks).toBeGreaterThan(50);
    expect(told).toBeGreaterThan(blocks - 10);
    expect(seen).toBeGreaterThan(blocks - 10);
  }, 60_000);

  test('where nothing is changed hardly any move is seen', () => {
    const steady: SteppedTraffic = { ...RAMP, seed: 605, steps: [[0, 0.1]], minutes: 24 * 60, perTick: 40 };
    let moves = 0;
    for (let run = 0; run < 20; run++) moves += movesIn(drawReports(steady, run)).length;
    expect(moves).toBe(0);
  }, 60_000);
});
