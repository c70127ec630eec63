// npm run bench [-- NAME...] [--check]: measures, prints a table, and keeps it in bench/results.md. With --check it
// ends with 1 where a figure is over its budget.
import { parseArgs } from 'node:util';
import { backendSoak } from './backend-soak.js';
import { evaluation } from './evaluation.js';
import { express } from './express.js';
import { ingest } from './ingest.js';
import { page } from './page.js';
import { peers } from './peers.js';
import { queries } from './queries.js';
import { sdks } from './sdks.js';
import { size } from './size.js';
import { soak } from './soak.js';
import { removeFolders } from './support/folders.js';
import { isOver, markdown, text, writeResults } from './support/report.js';

const BENCHES = {
  size,
  evaluation,
  express,
  sdks,
  soak,
  ingest,
  queries,
  'backend-soak': backendSoak,
  page,
  peers,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' } },
});
const unknown = positionals.find((name) => !(name in BENCHES));
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}"; there are ${Object.keys(BENCHES).join(', ')}.`);
  process.exit(64);
}
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);

const missed = [];
try {
  for (const name of names) {
    const lines = await BENCHES[name]();
    console.log(text(name, lines));
    missed.push(...lines.filter(isOver).map(({ what }) => `${name}: ${what}`));
    await writeResults(name, markdown(name, lines));
  }
} finally {
  await removeFolders();
}
for (const line of missed) console.log(`over its budget: ${line}`);
if (values.check && missed.length > 0) process.exitCode = 1;
