// npm run bench:statistics: the simulations of test/unit/stats-simulation*.test.ts with more runs, and what a verdict
// costs. Prints tables and keeps them in bench/statistics.md. About ten minutes.
import './support/typescript.js';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { circumstances, isOver, markdown } from './support/report.js';

const { HARMFUL, HARMLESS } = await import('../test/support/simulation/request-scenarios.js');
const { OTHERS, STICKY } = await import('../test/support/simulation/scenarios.js');
const { simulate } = await import('../test/support/simulation/release.js');
const { ratesTable, ratesText } = await import('../test/support/simulation/rates-table.js');
const { listedTable, simulateOverview } = await import('../test/support/simulation/many-flags.js');
const { requestsToRollForward } = await import('../test/support/simulation/no-effect.js');

const GROUPS = [
  { title: 'Harmless releases, each request assigned by itself', scenarios: HARMLESS, times: 8 },
  { title: 'Harmful releases, each request assigned by itself', scenarios: HARMFUL, times: 8 },
  { title: 'Users who keep their variant', scenarios: STICKY, times: 4 },
  { title: 'Slow requests, tied flags, the sample ratio', scenarios: OTHERS, times: 4 },
];

const sections = [
  '# Simulated releases',
  `Made by \`npm run bench:statistics\`, ${circumstances()}. See docs/statistics.md for what is simulated, and
test/support/peers for the rules of others: where they are published, and what is simplified.`,
  `*Back*: rolled back. *Forward*: rolled forward before that. *Requests*: of both variants at the roll-back, in the
middle of the runs that had one. **Bold**: against the truth in more than one run of twenty.`,
];

const all = [];
for (const { title, scenarios, times } of GROUPS) {
  sections.push(`## ${title}`);
  for (const scenario of scenarios) {
    const rates = simulate(scenario, scenario.runs * times);
    console.log(ratesText(scenario, rates));
    sections.push(ratesTable(scenario, rates));
    all.push({ name: scenario.name, truth: scenario.truth, rates });
  }
}

const listed = simulateOverview({ seed: 601, flags: 60, harmful: 1, looks: 12, ratio: 3 }, 200);
sections.push(
  '## Many flags',
  'Sixty flags, one of them with three times the errors; 200 runs.',
  listedTable(listed),
);
console.log(listedTable(listed));

const noEffect = requestsToRollForward(100);
sections.push('## Requests to roll forward, with no effect', noEffect);
console.log(noEffect);

const { requests, built, units, requestsOfManyStrata, unitsOfManyStrata } = speedOf('time', []);
const { heap, heapOfManyRequests, heapOfFewStrata } = speedOf('memory', [
  '--expose-gc',
  ...['--min-semi-space-size=512', '--max-semi-space-size=512'],
]);
const lines = [
  {
    what: 'verdict of 10,000 cells of 160 buckets, parsed from JSON',
    figure: requests,
    unit: 'ms of CPU',
    budget: 50,
  },
  { what: 'the same, its histograms built bucket by bucket', figure: built, unit: 'ms of CPU' },
  { what: 'with 16 left-out buckets of units', figure: units, unit: 'ms of CPU', budget: 300 },
  { what: 'in 5,000 strata instead of 250', figure: requestsOfManyStrata, unit: 'ms of CPU', budget: 50 },
  { what: 'the same with units', figure: unitsOfManyStrata, unit: 'ms of CPU', budget: 300 },
  { what: 'memory it allocates: 250 strata', figure: heap, unit: 'MiB' },
  { what: 'over that, with a million times the requests', figure: heapOfManyRequests / heap, budget: 1.2 },
  { what: 'over that, with a tenth of the strata and cells', figure: heapOfFewStrata / heap, budget: 0.2 },
];
const speed = markdown('speed', lines);
sections.push(speed.trimEnd());
console.log(speed);

writeFileSync(join(import.meta.dirname, 'statistics.md'), `${sections.join('\n\n')}\n`);
// For docs/pictures, which are drawn from it by build/statistics-pictures.js.
writeFileSync(join(import.meta.dirname, 'statistics.json'), `${JSON.stringify(all, null, 2)}\n`);
if (process.argv.includes('--check') && lines.some(isOver)) process.exitCode = 1;

function speedOf(what, options) {
  const script = join(import.meta.dirname, 'workers/verdict-speed.js');
  return JSON.parse(execFileSync(process.execPath, [...options, script, what], { encoding: 'utf8' }));
}
