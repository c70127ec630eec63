import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackend } from './support/backend.js';
import { runWorker } from './support/worker.js';

const WORKERS = join(import.meta.dirname, 'workers');
const SAMPLES = 12;
const CONNECTIONS = 16;
const MIB = 2 ** 20;

/**
 * Memory of `telltale up` over time, while spans and histogram points come as fast as it acknowledges them, 16 connections
 * of each. Short unless BENCH_SOAK_SECONDS says otherwise: 1800 is the half hour over which it has to be flat.
 */
export async function backendSoak() {
  const seconds = Number(process.env['BENCH_SOAK_SECONDS'] ?? 60);
  const dataDir = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
  const backend = await startBackend(dataDir);
  try {
    const load = (kind) =>
      runWorker(WORKERS, 'otlp-load', { port: backend.otlpPort, kind, seconds, connections: CONNECTIONS });
    const sent = Promise.all([load('spans'), load('points')]);
    const samples = await sampled(backend, seconds);
    const [spans, points] = await sent;
    const { highestRss } = await backend.usage();
    // The first third is the engine filling its caches.
    const third = SAMPLES / 3;
    const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)].map(mean);
    return [
      ...samples.map((rss, i) => ({
        what: `RSS after ${Math.round(((i + 1) * seconds) / SAMPLES)} s`,
        figure: rss / MIB,
        unit: 'MiB',
      })),
      { what: 'mean RSS of the last third, of that of the second', figure: last / middle, budget: 1.1 },
      { what: 'highest RSS', figure: highestRss / MIB, unit: 'MiB', budget: 1536 },
      { what: 'spans acknowledged', figure: spans.acknowledged / seconds, unit: '/s' },
      { what: 'points acknowledged beside them', figure: points.acknowledged / seconds, unit: '/s' },
    ];
  } finally {
    await backend.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function sampled(backend, seconds) {
  const samples = [];
  for (let i = 0; i < SAMPLES; i += 1) {
    await sleep((seconds * 1000) / SAMPLES);
    samples.push((await backend.usage()).rss);
  }
  return samples;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
