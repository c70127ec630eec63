import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './support/statistics.js';
import { runWorker } from './support/worker.js';

const TRIALS = 5;
const WARM_UP = 4_000;
const OPERATIONS = 4_000;
const SUBJECTS = join(import.meta.dirname, '../test/sdks');

/**
 * What each flag SDK's adapter adds to a bare evaluation of its SDK, on the SDKs and flags of the conformance suite.
 * `BENCH_SDK` names the only one to measure.
 */
export async function sdks() {
  const only = process.env['BENCH_SDK'];
  const names = readdirSync(SUBJECTS)
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => name !== 'subject' && (only === undefined || name === only));
  const lines = [];
  for (const name of names) {
    const trials = [];
    for (let number = 0; number < TRIALS; number += 1) {
      const options = { name, warmUp: WARM_UP, operations: OPERATIONS };
      const trial = await runWorker(join(import.meta.dirname, 'workers'), 'sdk-adapter', options);
      if (trial.title === undefined) break;
      trials.push(trial);
    }
    if (trials.length === 0) continue;
    const figure = (what) => median(trials.map((trial) => trial[what]));
    const { title } = trials[0];
    lines.push(
      { what: `${title}, bare`, figure: figure('bare'), unit: 'us' },
      {
        what: `${title}, first evaluation in an operation, over bare`,
        ...microseconds(figure('first'), 2.5),
      },
      { what: `${title}, repeated, over bare`, ...microseconds(figure('again'), 0.4) },
    );
  }
  return lines;
}

function microseconds(figure, budget) {
  return { figure, unit: 'us', budget };
}
