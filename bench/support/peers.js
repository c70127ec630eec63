// The backends that `npm run bench -- peers` feeds: each is started on free ports, fed, asked how many spans it can show,
// and stopped.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startBackend } from './backend.js';
import { usageOf } from './process.js';

const TOOLS = join(import.meta.dirname, '../../build/tools.js');
/** More than a turn makes: beyond it Jaeger forgets the oldest. */
const MAX_TRACES = 1_000_000;

/**
 * @typedef {object} Subject
 * @property {number} otlpPort
 * @property {() => Promise<{ cpu: number, highestRss: number }>} usage
 * @property {() => Promise<number>} stored How many spans, once all that were acknowledged are.
 * @property {(service: string) => Promise<number>} shown How many of a service its API answers with.
 * @property {() => Promise<void>} stop
 */

/** Builds a program, the first time, and gives its path. */
export async function builtTool(name) {
  const { stdout } = await promisify(execFile)(process.execPath, [TOOLS, name]);
  return stdout.trim();
}

/** @returns {Promise<Subject>} */
export async function startTelltale() {
  const dataDir = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
  const backend = await startBackend(dataDir);
  // What is acknowledged is stored, and what is stored can be queried.
  const stored = async () => {
    const answer = await fetch(`http://127.0.0.1:${backend.apiPort}/api/v1/status`);
    const { tables } = await answer.json();
    return tables.find(({ name }) => name === 'otel_traces').rows;
  };
  return {
    ...backend,
    stored,
    shown: stored,
    async stop() {
      await backend.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Jaeger with the pipeline of its all-in-one configuration: OTLP, a batch processor, the memory store. */
export async function startJaeger(program) {
  const [otlpPort, queryPort, queryGrpcPort, metricsPort] = await freePorts(4);
  const folder = await mkdtemp(join(tmpdir(), 'telltale-bench-'));
  const file = join(folder, 'jaeger.json');
  const at = (port) => ({ endpoint: `127.0.0.1:${port}` });
  await writeFile(
    file,
    JSON.stringify({
      service: {
        extensions: ['jaeger_storage', 'jaeger_query'],
        pipelines: {
          traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] },
        },
        telemetry: {
          logs: { level: 'warn' },
          metrics: {
            readers: [{ pull: { exporter: { prometheus: { host: '127.0.0.1', port: metricsPort } } } }],
          },
        },
      },
      receivers: { otlp: { protocols: { http: at(otlpPort) } } },
      processors: { batch: null },
      exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
      extensions: {
        jaeger_query: {
          storage: { traces: 'memory' },
          enable_tracing: false,
          http: at(queryPort),
          grpc: at(queryGrpcPort),
        },
        jaeger_storage: { backends: { memory: { memory: { max_traces: MAX_TRACES } } } },
      },
    }),
  );
  const child = spawn(program, ['--config', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const query = `http://127.0.0.1:${queryPort}`;
  await answering(`${query}/api/services`, child);
  return {
    otlpPort,
    usage: () => usageOf(child.pid),
    // By the collector's own counters: what was received waits in batches.
    async stored() {
      const of = (text, name) => Number(new RegExp(`^${name}{.*} (\\S+)$`, 'm').exec(text)?.[1]);
      for (;;) {
        const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
        const spans = of(text, 'otelcol_exporter_sent_spans_total');
        if (spans === of(text, 'otelcol_receiver_accepted_spans_total')) return spans;
        await wait(20);
      }
    },
    shown: (service) =>
      countInAnswer(`${query}/api/traces?service=${service}&limit=${MAX_TRACES}`, '"operationName":'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function answering(url, child) {
  while (child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`${child.spawnfile} ended with ${child.exitCode} before it answered ${url}`);
}

/** How often a text stands in an answer, which may be too long for one string. */
async function countInAnswer(url, text) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  let count = 0;
  let rest = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split(text);
    count += parts.length - 1;
    rest = parts.at(-1).slice(1 - text.length);
  }
  return count;
}
