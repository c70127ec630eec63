// What a week of a flag costs to ask: 7 days of 10-minute blocks, 20 routes, 2 variants and 10 flags, 403,200 cells, with so
// many requests behind them. Fills an embedded store of its own and prints medians in milliseconds, as JSON.
import '../support/typescript.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../support/statistics.js';

const { openStore } = await import('../../src/store/store.js');
const { createClickHouseSource } = await import('../../src/sources/clickhouse.js');
const { courseDocument } = await import('../../src/server/page/course.js');
const { compareFlag } = await import('../../src/server/comparison.js');
const { readComparisonParameters } = await import('../../src/server/parameters.js');
const { exponentialPoint } = await import('../../test/support/points.js');

const BLOCKS = 1008;
const BLOCK_SECONDS = 600;
const ROUTES = 20;
const VARIANTS = ['on', 'off'];
const FLAGS = 10;
const BUCKETS = 70;
const CELLS = BLOCKS * ROUTES * VARIANTS.length * FLAGS;
const CUMULATIVE = 2;
const TIMES = 7;

const { requests } = JSON.parse(process.argv[2]);
const perCell = requests / CELLS;
const dataDir = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
const store = await openStore({ dataDir });
try {
  const now = Math.floor(Date.now() / 1000 / BLOCK_SECONDS) * BLOCK_SECONDS;
  const from = now - BLOCKS * BLOCK_SECONDS;
  await fill(from);
  const source = createClickHouseSource(store.query);
  const window = { from, to: now };
  const cut = { edgeIndex: -8, calibratedUntil: 0, changes: [] };
  const options = { since: new Date((from + 1) * 1000).toISOString(), slow: '250ms' };
  const asked = readComparisonParameters(Object.entries(options), now);
  const parts = { source, changes: undefined };
  const result = {
    verdict: await timed(() => compareFlag(source, 'flag-3', asked, now)),
    totals: await timed(() => source.counts({ flag: 'flag-3' }, window, cut)),
    course: await timed(() => courseDocument(parts, 'flag-3', new URLSearchParams(options), now)),
    overview: await timed(() => source.flags(window, {})),
  };
  const [{ verdict }] = (await compareFlag(source, 'flag-3', asked, now)).comparisons;
  console.log(JSON.stringify({ ...result, said: verdict }));
} finally {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Cumulative streams, as OTLP's default is, reported at the end of each block; some requests fail, in a stream of their own. */
async function fill(from) {
  const streams = [];
  for (let flag = 0; flag < FLAGS; flag++) {
    for (const variant of VARIANTS) {
      for (let route = 0; route < ROUTES; route++) {
        streams.push({ flag: `flag-${flag}`, variant, route: `/route/${route}`, buckets: new Map() });
      }
    }
  }
  for (let block = 1; block <= BLOCKS; block++) {
    const time = from + block * BLOCK_SECONDS;
    const points = streams.map((stream, index) => {
      grow(stream.buckets, block + index);
      return exponentialPoint(stream, { start: from, time, scale: 3, buckets: stream.buckets }, CUMULATIVE);
    });
    await store.sink.metrics(points);
  }
}

/** Spreads a cell's requests over the buckets, the same number whatever the seed. */
function grow(buckets, seed) {
  for (let i = 0; i < BUCKETS; i++) {
    const index = i - 60;
    const share = Math.floor(perCell / BUCKETS) + ((i + seed) % BUCKETS < perCell % BUCKETS ? 1 : 0);
    buckets.set(index, (buckets.get(index) ?? 0) + share);
  }
}

async function timed(ask) {
  await ask();
  const times = [];
  for (let i = 0; i < TIMES; i++) {
    const began = performance.now();
    await ask();
    times.push(performance.now() - began);
  }
  return median(times);
}
