import { expect } from 'vitest';
import { ratesText } from './rates-table.js';
import { falseRate, monteCarloError, type Scenario, simulate } from './release.js';

const ALPHA = 0.05;

/** Simulates, prints what every rule came to, and holds ours, the first, to its word. */
export function checkScenario(scenario: Scenario): void {
  const { truth, runs, power, within } = scenario;
  const rates = simulate(scenario, runs);
  console.log(ratesText(scenario, rates));
  const [ours] = rates;
  if (ours === undefined) throw new Error('expected a rule of ours to be simulated');
  const wrong = falseRate(truth, ours);
  if (wrong !== null) expect(wrong).toBeLessThanOrEqual(ALPHA + monteCarloError(ALPHA, runs));
  const right = truth === 'harmless' ? ours.rolledForward : ours.rolledBack;
  expect(right).toBeGreaterThanOrEqual(power);
  if (within !== undefined) expect(ours.medianRequests).toBeLessThanOrEqual(within);
}
