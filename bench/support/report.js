import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const RESULTS = join(ROOT, 'bench/results.md');

/**
 * One line of a report.
 *
 * @typedef {{ what: string, figure?: number, unit?: string, budget?: number | undefined, floor?: number | undefined }} Line
 * `budget`: the most it may be; `floor`: the least.
 */

/** Whether a line missed its budget. */
export function isOver({ figure, budget, floor }) {
  if (figure === undefined) return false;
  return (budget !== undefined && !(figure <= budget)) || (floor !== undefined && !(figure >= floor));
}

/** A table for the terminal. */
export function text(name, lines) {
  const rows = lines.map((line) => `  ${line.what.padEnd(66)} ${cells(line).join('  ')}`.trimEnd());
  return [`${name} (${circumstances()})`, ...rows, ''].join('\n');
}

/** The same as a section of Markdown. */
export function markdown(name, lines) {
  const rows = lines.map((line) => `| ${[line.what.trim(), ...cells(line)].join(' | ')} |`);
  return [
    `## ${name}`,
    '',
    circumstances(),
    '',
    '| what | figure | budget | |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function cells(line) {
  const { figure, unit, budget, floor } = line;
  if (figure === undefined) return ['', '', ''];
  const shown = Number.isInteger(figure)
    ? String(figure)
    : figure.toFixed(figure < 10 ? 2 : figure < 10_000 ? 1 : 0);
  const bound = budget !== undefined ? `<= ${budget}` : floor !== undefined ? `>= ${floor}` : '';
  const verdict = bound === '' ? '' : isOver(line) ? 'MISSED' : 'met';
  return [`${shown}${unit === undefined ? '' : ` ${unit}`}`, bound, verdict];
}

/** Date, machine and Node. */
export function circumstances() {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const load = loadavg()[0].toFixed(1);
  return `${date}Z, ${availableParallelism()} cores, load ${load}, Node ${process.versions.node}`;
}

/** Replaces one bench's section in bench/results.md. */
export async function writeResults(name, section) {
  const known = await readFile(RESULTS, 'utf8').catch(() => '');
  const sections = known
    .split(/^(?=## )/m)
    .filter((one) => one.startsWith('## ') && !one.startsWith(`## ${name}\n`));
  await writeFile(
    RESULTS,
    [await heading(), ...sections, section]
      .map((one) => one.trimEnd())
      .join('\n\n')
      .concat('\n'),
  );
}

async function heading() {
  const [three, two] = await Promise.all(['package.json', 'test/sdk2/package.json'].map(packagesOf));
  return [
    '# Results of the benches',
    '',
    'Made by `npm run bench`. Ratios are of the same run; see docs/performance.md for what is measured and how.',
    '',
    `SDK 3: ${three}. SDK 2: ${two}.`,
  ].join('\n');
}

async function packagesOf(file) {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, file), 'utf8'));
  const all = { ...devDependencies, ...dependencies };
  const shown =
    /^(@opentelemetry\/(api|sdk-node|instrumentation-(http|express))|@openfeature\/(server-sdk|open-telemetry-hooks)|@launchdarkly\/.*|express)$/;
  return Object.keys(all)
    .filter((name) => shown.test(name))
    .map((name) => `${name} ${all[name]}`)
    .join(', ');
}
