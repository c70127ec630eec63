import { type Outcome, simulateRun } from '../simulation/simulate.js';
import { summarise } from '../simulation/summary.js';
import { readArguments } from './arguments.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { createProgress } from './progress.js';
import { readSimulation, SIMULATION_OPTIONS, VERDICT_OPTIONS } from './simulate-options.js';
import { describeSimulation } from './simulate-text.js';

/** What a release would take: the real verdict on simulated traffic. */
export async function simulateCommand(argv: readonly string[]): Promise<ExitCode> {
  const { values, switches } = readArguments('simulate', argv, {
    options: [...Object.keys(SIMULATION_OPTIONS), ...VERDICT_OPTIONS],
    switches: ['json'],
    positionals: [],
  });
  const { scenario, runs, seed } = readSimulation(values);
  const progress = createProgress(process.stderr);
  const outcomes: Outcome[] = [];
  try {
    for (let run = 0; run < runs; run++) {
      progress.show(run / runs);
      outcomes.push(simulateRun(scenario, seed, run));
    }
  } finally {
    progress.end();
  }
  const summary = summarise(outcomes);
  console.log(
    switches.has('json')
      ? JSON.stringify({ scenario, seed, ...summary }, null, 2)
      : describeSimulation(scenario, seed, summary),
  );
  return EXIT.ok;
}
