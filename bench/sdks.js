import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './support/statistics.js';
import { runWorker } from './support/worker.js';

const TRIALS = 5;
const WARM_UP = 4_000;
const OPERATIONS = 4_000;
const SUBJECTS = join(import.meta.dirname, '../test/sdks');
const WORKERS = join(import.meta.dirname, 'workers');

/**
 * What each flag SDK's adapter adds to a bare evaluation of its SDK, on the SDKs and flags of the conformance suite; for
 * SDKs that run hooks also what it adds to an empty hook, because running hooks is the SDK's own work. `BENCH_SDK` names
 * the only one to measure.
 */
export async function sdks() {
  const only = process.env['BENCH_SDK'];
  const names = readdirSync(SUBJECTS)
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => name !== 'subject' && (only === undefined || name === only));
  const lines = [];
  for (const name of names) lines.push(...(await linesOf(name)));
  return lines;
}

async function linesOf(name) {
  const trials = await measure({ name });
  const [first] = trials;
  // What runs in a browser alone.
  if (first.title === undefined) return [];
  const lines = [
    { what: `${first.title}, bare`, figure: figureOf(trials, 'bare'), unit: 'us' },
    ...over(trials, 'bare'),
  ];
  if (first.hasHooks) lines.push(...over(await measure({ name, emptyHook: true }), 'an empty hook'));
  return lines;
}

function over(trials, what) {
  const [{ title }] = trials;
  return [
    {
      what: `${title}, first evaluation in an operation, over ${what}`,
      figure: figureOf(trials, 'first'),
      unit: 'us',
      budget: 2.5,
    },
    { what: `${title}, repeated, over ${what}`, figure: figureOf(trials, 'again'), unit: 'us', budget: 0.4 },
  ];
}

function figureOf(trials, what) {
  return median(trials.map((trial) => trial[what]));
}

async function measure(options) {
  const trials = [];
  for (let number = 0; number < TRIALS; number += 1) {
    trials.push(
      await runWorker(WORKERS, 'sdk-adapter', { ...options, warmUp: WARM_UP, operations: OPERATIONS }),
    );
  }
  return trials;
}
