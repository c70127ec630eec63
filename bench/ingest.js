import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend } from './support/backend.js';
import { median } from './support/statistics.js';
import { runWorker } from './support/worker.js';

const TRIALS = 5;
/** Each busy all the time with batches of 512. */
const CONNECTIONS = 64;
const WORKERS = join(import.meta.dirname, 'workers');
const MIB = 2 ** 20;

const KINDS = [
  { kind: 'spans', one: 'span', tables: ['otel_traces'], floor: 30_000 },
  {
    kind: 'points',
    one: 'point',
    tables: ['otel_metrics_exponential_histogram', 'telltale_points'],
    floor: 40_000,
  },
];

/**
 * `telltale up` fed with OTLP/HTTP protobuf by another process on the same machine, until what was acknowledged is
 * counted in the store; beside it chDB alone, given the same rows as text. `BENCH_INGEST_SECONDS` is the length of one
 * turn of each.
 */
export async function ingest() {
  const seconds = Number(process.env['BENCH_INGEST_SECONDS'] ?? 5);
  const lines = [];
  for (const one of KINDS) lines.push(...(await measure(one, seconds)));
  return lines;
}

async function measure({ kind, one, tables, floor }, seconds) {
  const dataDir = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
  try {
    const trials = await fed(dataDir, kind, seconds);
    const sizes = await runWorker(WORKERS, 'ingest-size', { dataDir, tables });
    const acknowledged = trials.reduce((sum, { ours }) => sum + ours.acknowledged, 0);
    const [{ rows }] = sizes;
    if (rows !== acknowledged)
      throw new Error(`${acknowledged} ${kind} were acknowledged and ${rows} stored`);
    const over = (map) => median(trials.map(map));
    return [
      {
        what: `${kind}, acknowledged and counted in the store`,
        figure: over(({ ours }) => rate(ours)),
        unit: '/s',
        floor,
      },
      { what: `chDB alone, the same rows as text`, figure: over(({ raw }) => rate(raw)), unit: '/s' },
      { what: `${kind}, of chDB alone`, figure: over(({ ours, raw }) => rate(ours) / rate(raw)), floor: 0.5 },
      {
        what: `CPU of the backend`,
        figure: over(({ cpu, ours }) => (cpu / ours.acknowledged) * 1e6),
        unit: `us a ${one}`,
      },
      {
        what: `CPU of chDB alone`,
        figure: over(({ raw }) => (raw.cpu / raw.rows) * 1e6),
        unit: `us a ${one}`,
      },
      {
        what: `CPU of the sender`,
        figure: over(({ ours }) => (ours.cpu / ours.acknowledged) * 1e6),
        unit: `us a ${one}`,
      },
      { what: `RSS after the first turn`, figure: trials[0].rss / MIB, unit: 'MiB' },
      { what: `RSS after the last turn`, figure: trials.at(-1).rss / MIB, unit: 'MiB' },
      { what: `highest RSS`, figure: trials.at(-1).highestRss / MIB, unit: 'MiB', budget: 1536 },
      ...sizes.map(({ table, bytes }) => ({
        what: `on disk, ${table}, merged`,
        figure: bytes / rows,
        unit: `bytes a ${one}`,
      })),
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function fed(dataDir, kind, seconds) {
  const backend = await startBackend(dataDir);
  try {
    const trials = [];
    for (let number = 0; number < TRIALS; number += 1) trials.push(await trial(backend, kind, seconds));
    return trials;
  } finally {
    await backend.stop();
  }
}

async function trial(backend, kind, seconds) {
  const raw = await runWorker(WORKERS, 'ingest-raw', { kind, seconds });
  const before = await backend.usage();
  const ours = await runWorker(WORKERS, 'otlp-load', {
    port: backend.otlpPort,
    kind,
    seconds,
    connections: CONNECTIONS,
  });
  const { cpu, rss, highestRss } = await backend.usage();
  return { raw, ours, cpu: cpu - before.cpu, rss, highestRss };
}

function rate({ rows, acknowledged, seconds }) {
  return (rows ?? acknowledged) / seconds;
}
