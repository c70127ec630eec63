import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { builtTool, startJaeger, startTelltale } from './support/peers.js';
import { cpuOfEnded } from './support/process.js';
import { median } from './support/statistics.js';
import { runWorker } from './support/worker.js';

const TRIALS = 5;
const WARM_UP_SECONDS = 1;
const WORKERS = join(import.meta.dirname, 'workers');
const MIB = 2 ** 20;

/** Of telemetrygen each process has one request under way, and drops what waits beyond 2,048 spans. */
const PROCESSES = 16;
/** More together than any of the subjects takes. */
const SPANS_PER_SECOND = 6000;
/** Beside the two that telemetrygen writes itself. */
const ATTRIBUTES = {
  'http.request.method': '"GET"',
  'http.route': '"/products/:id"',
  'http.response.status_code': 200,
  'url.path': '"/products/7919"',
  'url.scheme': '"https"',
  'server.address': '"shop.example.com"',
  'server.port': 8080,
  'user_agent.original': '"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"',
  'feature_flags.new-checkout': '"on"',
  'feature_flags.search': '"v2"',
};

/**
 * Spans a second that `telltale up` and Jaeger, with its memory store, take by OTLP/HTTP and can show afterwards, by
 * telemetrygen and by the sender of the ingest bench. `BENCH_PEERS_SECONDS` is the length of one turn of each.
 */
export async function peers() {
  const seconds = Number(process.env['BENCH_PEERS_SECONDS'] ?? 5);
  const [telemetrygen, jaeger] = [await builtTool('telemetrygen'), await builtTool('jaeger')];
  const subjects = { Telltale: startTelltale, Jaeger: () => startJaeger(jaeger) };
  const senders = {
    telemetrygen: { service: 'telemetrygen', send: (port, length) => generate(telemetrygen, port, length) },
    'bare sockets': { service: 'checkout', send: load },
  };
  const lines = [];
  for (const [name, sender] of Object.entries(senders)) {
    const trials = [];
    for (let number = 0; number < TRIALS; number += 1) {
      const trial = {};
      for (const [subject, start] of Object.entries(subjects))
        trial[subject] = await turn(start, sender, seconds);
      trials.push(trial);
    }
    lines.push(...linesOf(name, Object.keys(subjects), trials));
  }
  return lines;
}

/** A process of its own for each turn, so that none does an earlier one's work. */
async function turn(start, { service, send }, seconds) {
  const subject = await start();
  try {
    await send(subject.otlpPort, WARM_UP_SECONDS);
    const storedBefore = await subject.stored();
    const [before, sendersBefore] = [await subject.usage(), await cpuOfEnded()];
    const began = performance.now();
    const acknowledged = await send(subject.otlpPort, seconds);
    const stored = await subject.stored();
    const took = (performance.now() - began) / 1000;
    const { cpu, highestRss } = await subject.usage();
    const senderCpu = (await cpuOfEnded()) - sendersBefore;
    const spans = stored - storedBefore;
    if (acknowledged !== undefined && acknowledged !== spans)
      throw new Error(`${acknowledged} spans were acknowledged and ${spans} stored`);
    return {
      rate: spans / took,
      lost: stored - (await subject.shown(service)),
      cpu: ((cpu - before.cpu) / spans) * 1e6,
      senderCores: senderCpu / took,
      cores: (cpu - before.cpu) / took,
      highestRss,
    };
  } finally {
    await subject.stop();
  }
}

function linesOf(sender, subjects, trials) {
  const over = (subject, figure) => median(trials.map((trial) => trial[subject][figure]));
  return [
    ...subjects.flatMap((subject) => [
      { what: `${subject}, spans from ${sender}`, figure: over(subject, 'rate'), unit: '/s' },
      {
        what: 'stored and not shown, all turns',
        figure: trials.reduce((sum, trial) => sum + trial[subject].lost, 0),
      },
      { what: `CPU of ${subject}`, figure: over(subject, 'cpu'), unit: 'us a span' },
      { what: 'cores that it had', figure: over(subject, 'cores') },
      { what: 'cores that the sender had', figure: over(subject, 'senderCores') },
      {
        what: 'highest RSS',
        figure: Math.max(...trials.map((trial) => trial[subject].highestRss)) / MIB,
        unit: 'MiB',
      },
    ]),
    {
      what: `Telltale, of Jaeger, spans from ${sender}`,
      figure: median(trials.map(({ Telltale, Jaeger }) => Telltale.rate / Jaeger.rate)),
      floor: 1,
    },
  ];
}

async function load(port, seconds) {
  const options = { port, kind: 'traces', seconds, connections: 64 };
  return (await runWorker(WORKERS, 'otlp-load', options)).acknowledged;
}

/** It does not say how many of its spans were acknowledged. */
async function generate(program, port, seconds) {
  const args = ['traces', '--otlp-http', '--otlp-insecure', '--otlp-endpoint', `127.0.0.1:${port}`];
  args.push('--duration', `${seconds}s`, '--rate', String(SPANS_PER_SECOND));
  args.push('--batch-size', '512', '--child-spans', '7');
  for (const [key, value] of Object.entries(ATTRIBUTES))
    args.push('--telemetry-attributes', `${key}=${value}`);
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const child = spawn(program, args, { stdio: 'ignore' });
      const [code] = await once(child, 'exit');
      if (code !== 0) throw new Error(`telemetrygen ended with ${code}`);
    }),
  );
}
