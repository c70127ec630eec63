import { describe, it } from 'vitest';
import { checkScenario } from '../support/simulation/checked.js';
import { HARMFUL, HARMLESS } from '../support/simulation/request-scenarios.js';

// Columns: runs rolled back, runs rolled forward before that, requests at the roll-back in the middle of the runs.
describe('looked at again and again, a verdict on requests is wrong in at most alpha of the releases', () => {
  it.each(HARMLESS)('$name', checkScenario, 120_000);
  it.each(HARMFUL)('$name', checkScenario, 120_000);
});
