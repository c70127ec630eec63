import { sdk2, sdk3 } from './support/folders.js';
import { load } from './support/load.js';
import { mapValues, median } from './support/statistics.js';
import { startWorker } from './support/worker.js';

const TRIALS = 5;
const WARM_UP_REQUESTS = 3_000;
/** Short turns, so that what else runs on the machine meets all of a round alike. */
const ROUNDS = 40;
const REQUESTS = 150;

/** CPU of an Express server with five flags a request, under OpenTelemetry's HTTP and Express instrumentation. */
export async function express() {
  const three = await measure(sdk3, ['bare', 'empty', 'telltale', 'full', 'empty 0.1', 'telltale 0.1']);
  const two = await measure(await sdk2(), ['empty', 'telltale', 'official']);
  const over = (trials, map) => median(trials.map(({ rounds }) => median(rounds.map(map))));
  const cpu = (trials, one, other) => over(trials, (round) => round[one] / round[other]);
  const own = (trials, name) => over(trials, (round) => round[name]);
  const p99 = (trials, one, other) => median(trials.map((trial) => trial.p99[one] / trial.p99[other]));
  return [
    { what: 'SDK 3, bare: no OpenTelemetry, no hook', figure: own(three, 'bare'), unit: 'us a request' },
    { what: 'SDK 3, empty hook and middleware', figure: own(three, 'empty'), unit: 'us a request' },
    { what: 'SDK 2, empty hook and middleware', figure: own(two, 'empty'), unit: 'us a request' },
    { what: 'SDK 3, CPU over the empty one', figure: cpu(three, 'telltale', 'empty'), budget: 1.1 },
    {
      what: 'SDK 3, one trace in ten sampled, CPU over the empty one',
      figure: cpu(three, 'telltale 0.1', 'empty 0.1'),
      budget: 1.1,
    },
    { what: 'SDK 2, CPU over the empty one', figure: cpu(two, 'telltale', 'empty'), budget: 1.1 },
    {
      what: 'SDK 3, with View and child spans, CPU over the empty one',
      figure: cpu(three, 'full', 'empty'),
      budget: 1.15,
    },
    { what: 'SDK 2, CPU over the official hooks', figure: cpu(two, 'telltale', 'official'), budget: 0.85 },
    { what: 'SDK 2, official hooks over the empty one', figure: cpu(two, 'official', 'empty') },
    { what: 'SDK 3, p99 over the empty one', figure: p99(three, 'telltale', 'empty'), budget: 1.1 },
    { what: 'SDK 2, p99 over the empty one', figure: p99(two, 'telltale', 'empty'), budget: 1.1 },
  ];
}

async function measure(folder, variants) {
  const trials = [];
  for (let number = 0; number < TRIALS; number += 1) trials.push(await trial(folder, variants, number));
  return trials;
}

/** New processes each time: how one was compiled must not decide. */
async function trial(folder, variants, number) {
  const servers = new Map();
  for (const name of variants)
    servers.set(name, await startWorker(folder, 'express-server', name.split(' ')));
  for (const { port } of servers.values()) await load(port, WARM_UP_REQUESTS);
  const rounds = [];
  const latencies = Object.fromEntries(variants.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    const cpus = {};
    for (let place = 0; place < variants.length; place += 1) {
      const name = variants[(place + round + number) % variants.length];
      const { port, cpu } = servers.get(name);
      const before = await cpu();
      latencies[name].push(...(await load(port, REQUESTS)));
      cpus[name] = ((await cpu()) - before) / REQUESTS;
    }
    rounds.push(cpus);
  }
  for (const server of servers.values()) await server.stop();
  return { rounds, p99: mapValues(latencies, p99Of) };
}

function p99Of(latencies) {
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)];
}
