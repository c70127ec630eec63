import { describe, expect, it } from 'vitest';
import { checkScenario } from '../support/simulation/checked.js';
import { listedText, simulateOverview } from '../support/simulation/many-flags.js';
import { monteCarloError } from '../support/simulation/release.js';
import { OTHERS, STICKY } from '../support/simulation/scenarios.js';

describe('users who keep their variant', () => {
  it.each(STICKY)('$name', checkScenario, 120_000);
});

describe('slow requests, tied flags and the sample ratio', () => {
  it.each(OTHERS)('$name', checkScenario, 120_000);
});

it('of the flags listed as harmful a share alpha is harmless, at every look', () => {
  const runs = 40;
  const listed = simulateOverview({ seed: 601, flags: 60, harmful: 1, looks: 12, ratio: 3 }, runs);
  console.log(listedText(listed, runs));
  const [ours] = listed;
  expect(ours?.falseShare).toBeLessThanOrEqual(0.05 + monteCarloError(0.05, runs));
  expect(ours?.found).toBeGreaterThan(0.8);
}, 120_000);
