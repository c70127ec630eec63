import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../src/simulation/random.js';
import { type Outcome, type Scenario, simulateRun } from '../../src/simulation/simulate.js';
import { type Summary, summarise } from '../../src/simulation/summary.js';
import { unitTraffic } from '../../src/simulation/unit-traffic.js';
import { DEFAULT_PARAMETERS, type VerdictParameters } from '../../src/stats/index.js';

interface Asked extends Partial<Omit<Scenario, 'parameters'>> {
  readonly share?: number;
  readonly parameters?: Partial<VerdictParameters>;
}

function scenario({ share = 0.01, parameters, ...more }: Asked): Scenario {
  return {
    steps: [{ share, minutes: 7 * 1440 }],
    requestsPerMinute: 1000,
    units: null,
    baseRate: 0.002,
    ratio: 1,
    ...more,
    parameters: { ...DEFAULT_PARAMETERS, ...parameters },
  };
}

function outcomes(asked: Asked, runs: number, simulate: typeof simulateRun = simulateRun): Outcome[] {
  return Array.from({ length: runs }, (_, run) => simulate(scenario(asked), 1, run));
}

const simulated = (asked: Asked, runs: number): Summary => summarise(outcomes(asked, runs));

describe('what the specification of the statistics found in simulations of its own', () => {
  it('at a share of 1 % a five-fold error rate takes about 38,000 requests', () => {
    const { requests, verdicts } = simulated({ ratio: 5 }, 400);
    expect(requests.median).toBeGreaterThan(38_000 / 1.25);
    expect(requests.median).toBeLessThan(38_000 * 1.25);
    expect(verdicts['roll-back'].share).toBe(1);
  });

  it.each([
    [0, 0.01, 0.002, 240_000],
    [0, 0.01, 0.005, 100_000],
    [0.002, 0.01, 0.002, 560_000],
    [0.002, 0.01, 0.005, 140_000],
    [0.002, 0.1, 0, 224_000],
    [0.002, 0.1, 0.002, 70_000],
    [0.002, 0.1, 0.005, 16_000],
    [0.01, 0.1, 0, 52_000],
    [0.01, 0.1, 0.002, 62_000],
    [0.01, 0.1, 0.005, 52_000],
  ])(
    'no effect at base %d, share %d, %d more: about %i requests to a roll-forward',
    (baseRate, share, extraErrors, median) => {
      const { requests, verdicts } = simulated({ baseRate, share, parameters: { extraErrors } }, 200);
      expect(requests.median).toBeGreaterThan(median / 1.35);
      expect(requests.median).toBeLessThan(median * 1.35);
      expect(verdicts['roll-back'].share).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 200));
    },
  );

  it('nothing that fails is never proven safe by the ratio alone', () => {
    const asked = { baseRate: 0, parameters: { extraErrors: 0 } };
    expect(simulated(asked, 3).verdicts.hold.share).toBe(1);
  });

  it('of sticky users a ramp of 1 % finds a threefold rate where it is high, and seldom where it is low', () => {
    const sticky = { units: 20_000, ratio: 3, steps: [{ share: 0.01, minutes: 131 }] };
    const high = simulated({ ...sticky, baseRate: 0.02 }, 40);
    expect(high.verdicts['roll-back'].share).toBeGreaterThan(0.75);
    const low = simulated({ ...sticky, baseRate: 0.002 }, 40);
    expect(low.verdicts['roll-back'].share).toBeLessThan(0.25);
  });
});

describe('a run', () => {
  afterEach(() => vi.doUnmock('../../src/simulation/screen.js'));

  it.each<[string, Asked, number]>([
    ['harm', { ratio: 4, share: 0.05, baseRate: 0.01 }, 12],
    ['no effect', { share: 0.1, baseRate: 0.01 }, 12],
    ['a small effect for long', { share: 0.5, ratio: 1.2, parameters: { extraErrors: 1e-4 } }, 4],
    [
      'a ramp',
      {
        steps: [
          { share: 0.01, minutes: 15 },
          { share: 0.3, minutes: 25.5 },
        ],
        ratio: 2,
        baseRate: 0.01,
      },
      12,
    ],
    [
      'sticky users',
      { units: 500, ratio: 3, share: 0.1, baseRate: 0.02, steps: [{ share: 0.1, minutes: 60 }] },
      4,
    ],
    ['few users', { units: 20, share: 0.3, requestsPerMinute: 3, steps: [{ share: 0.3, minutes: 40 }] }, 4],
  ])('ends as it would if every look asked for the verdict: %s', async (_, asked, runs) => {
    vi.resetModules();
    vi.doMock('../../src/simulation/screen.js', () => ({
      createScreen: () => ({ mayDecide: () => true, close: () => {} }),
    }));
    const unscreened = await import('../../src/simulation/simulate.js');
    expect(outcomes(asked, runs)).toEqual(outcomes(asked, runs, unscreened.simulateRun));
  });

  it('is the same for the same seed, whatever ran before it', () => {
    const asked = scenario({ ratio: 5 });
    const [, , third] = outcomes({ ratio: 5 }, 3);
    expect(simulateRun(asked, 1, 2)).toEqual(third);
    expect(simulateRun(asked, 2, 2)).not.toEqual(third);
  });

  it('is looked at once more when its time is over', () => {
    const [last] = outcomes({ steps: [{ share: 0.5, minutes: 0.5 }], ratio: 50, baseRate: 0.02 }, 1);
    expect(last).toEqual({ verdict: 'roll-back', requests: 500 });
  });

  it('waits for the least time and the fewest requests that are asked for', () => {
    const [run] = outcomes(
      { share: 0.5, baseRate: 0.01, parameters: { minRequests: 200_000, minSeconds: 1e4 } },
      1,
    );
    expect(run?.verdict).toBe('roll-forward');
    expect(run?.requests).toBeGreaterThanOrEqual(200_000);
  });
});

describe('sticky traffic', () => {
  const traffic = (ratio: number) => unitTraffic({ baseRate: 0.05, ratio }, 2000, 60_000, createRandom(3, 0));

  it('loses no request, and counts at most three an hour of each unit', () => {
    const { treatment, control, buckets } = traffic(1).draw(60_000, 0.1);
    expect(treatment.requests + control.requests).toBe(60_000);
    const counted = [...(buckets?.treatment ?? []), ...(buckets?.control ?? [])];
    expect(counted).toHaveLength(32);
    const operations = counted.reduce((sum, { requests }) => sum + requests, 0);
    expect(operations).toBeLessThan(3 * 2000);
    expect(operations).toBeGreaterThan(2 * 2000);
  });

  it('fails at the base rate, times the ratio in the treatment', () => {
    const rates = (ratio: number): number[] => {
      const { treatment, control } = traffic(ratio).draw(10_000_000, 0.3);
      return [control.errors / control.requests, treatment.errors / treatment.requests];
    };
    const [control = 0, treatment = 0] = rates(2);
    const [, harmless = 0] = rates(1);
    expect(control).toBeGreaterThan(0.035);
    expect(control).toBeLessThan(0.065);
    expect(treatment / harmless).toBeCloseTo(2, 1);
  });

  it('has seen ever more units, and in the end all', () => {
    const { distinctUnits } = traffic(1);
    const seen = [1, 100, 1000, 1e5, 1e9].map(distinctUnits);
    expect(seen[0]).toBeLessThan(10);
    expect(seen[1]).toBeGreaterThan(20);
    expect(seen[2]).toBeLessThan(1000);
    expect(seen).toEqual(seen.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(seen.at(-1)).toBe(2000);
  });

  it('gives a unit the same variant for as long as the share rises', () => {
    const { draw } = traffic(1);
    const busy = (share: number): number =>
      (draw(1e6, share).buckets?.treatment ?? []).filter(({ requests }) => requests > 0).length;
    expect(busy(0.0001)).toBeLessThan(3);
    expect(busy(0.5)).toBe(16);
    expect(busy(0.0001)).toBeLessThan(3);
  });
});

describe('the summary', () => {
  it('counts a run without a verdict as one that takes longer', () => {
    const ended = [1, 2, 3].map((requests): Outcome => ({ verdict: 'roll-back', requests }));
    const held: Outcome = { verdict: 'hold', requests: 9 };
    expect(summarise([held, ...ended])).toEqual({
      runs: 4,
      requests: { lowerQuartile: 1, median: 2, upperQuartile: 3 },
      verdicts: {
        'roll-back': { runs: 3, share: 0.75, requests: { lowerQuartile: 1, median: 2, upperQuartile: 3 } },
        'roll-forward': { runs: 0, share: 0, requests: null },
        hold: { runs: 1, share: 0.25, requests: null },
      },
    });
    expect(summarise([held, held, held, ...ended.slice(1)]).requests).toEqual({
      lowerQuartile: 3,
      median: null,
      upperQuartile: null,
    });
  });
});
