// The peer: chDB alone, given the rows as the text that the backend makes of the same telemetry, ready made, 40 batches
// in one insert, into the same tables with their views.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeMetrics, decodeTraces } from '../../dist/otlp/index.js';
import { openEngine } from '../../dist/store/engine.js';
import { HEADERS, metricRows, spanRows } from '../../dist/store/rows.js';
import { openStore } from '../../dist/store/store.js';
import { BATCH, renew, TEMPLATES } from '../support/otlp-bodies.js';

const BATCHES = 40;
const { kind, seconds } = JSON.parse(process.argv[2]);
const rowsOf =
  kind === 'spans'
    ? (body) => spanRows(decodeTraces(body).rows)
    : (body) => metricRows(decodeMetrics(body).rows);

const texts = [];
let table;
for (let i = 0; i < BATCHES; i += 1) {
  const template = TEMPLATES[kind](i);
  renew(template, Date.now());
  const [[name, pieces]] = rowsOf(template.body);
  table = name;
  texts.push(...pieces.map(({ text }) => text));
}
const insert = [Buffer.concat([HEADERS.get(table), ...texts])];

const dataDir = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
try {
  await (await openStore({ dataDir })).close();
  const engine = await openEngine({ dataDir });
  await engine.insert(table, 'CSVWithNames', insert);
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  let rows = 0;
  while (performance.now() - began < seconds * 1000) {
    await engine.insert(table, 'CSVWithNames', insert);
    rows += BATCHES * BATCH;
  }
  const cpu = process.cpuUsage(cpuBefore);
  console.log(
    JSON.stringify({ rows, seconds: (performance.now() - began) / 1000, cpu: (cpu.user + cpu.system) / 1e6 }),
  );
  await engine.close();
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
