// Time or memory of one verdict, as JSON. For memory it is started with a young generation that is never collected
// meanwhile, so that the growth of the heap is all that a verdict allocates.
import '../support/typescript.js';
import { mapValues, median } from '../support/statistics.js';

const { judge } = await import('../../src/stats/index.js');

const BUCKETS = 160;
const VARIANTS = ['on', 'off'];
const CELLS = 10_000;

/** So many blocks, two variants, and routes for the rest of 10,000 cells. Each block's odds are its own. */
function evidence(blocks, perCell, units, routes = CELLS / VARIANTS.length / blocks) {
  const cells = [];
  const unitCells = [];
  for (let from = 0; from < blocks; from++) {
    const place = { epoch: String(Math.floor(from / 50)), from, serviceVersion: '1' };
    for (const variant of VARIANTS) {
      const times = variant === 'on' ? 1 : 1 + (from % 7);
      for (let route = 0; route < routes; route++) {
        cells.push({ ...place, route: `/${route}`, variant, ...counts(perCell * times, from + route) });
      }
      for (let bucket = 0; units && bucket < 16; bucket++) {
        unitCells.push({ ...place, variant, bucket, requests: 96, errors: from % 3, slow: from % 40 });
      }
    }
  }
  const parameters = { slowThreshold: 2 ** -2 };
  const given = { version: 1, flag: 'speed', control: 'off', treatment: 'on', parameters, cells };
  return units ? { ...given, unitCells, distinctUnits: 10_000 } : given;
}

function counts(perCell, seed) {
  const buckets = {};
  for (let i = 0; i < BUCKETS; i++) buckets[i - 100] = perCell / BUCKETS;
  return { requests: perCell, errors: 48 + (seed % 7), histogram: { scale: 3, zero: 0, buckets } };
}

/** Of CPU: other work on the machine does not count. */
function milliseconds(given) {
  for (let i = 0; i < 5; i++) judge(given);
  const times = Array.from({ length: 15 }, () => {
    const began = process.cpuUsage();
    judge(given);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  });
  return median(times);
}

function allocated(given) {
  for (let i = 0; i < 3; i++) judge(given);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  judge(given);
  return (process.memoryUsage().heapUsed - before) / 2 ** 20;
}

/** As it comes from a file or over HTTP. */
const parsed = (given) => JSON.parse(JSON.stringify(given));
const built = evidence(250, 1600, false);
const usual = parsed(built);
const WAYS = {
  time: {
    requests: () => milliseconds(usual),
    built: () => milliseconds(built),
    units: () => milliseconds(parsed(evidence(250, 1600, true))),
    requestsOfManyStrata: () => milliseconds(parsed(evidence(5000, 1600, false))),
    unitsOfManyStrata: () => milliseconds(parsed(evidence(5000, 1600, true))),
  },
  memory: {
    heap: () => allocated(usual),
    heapOfManyRequests: () => allocated(parsed(evidence(250, 1.6e9, false))),
    heapOfFewStrata: () => allocated(parsed(evidence(25, 1600, false, 20))),
  },
};
console.log(JSON.stringify(mapValues(WAYS[process.argv[2]], (measure) => measure())));
