import { EventEmitter, once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { type BackendProcess, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { exportSpan, missingSpans, type SentSpans, sentSpans } from '../support/sent-spans.js';

const CLIENTS = 1000;
const TIMEOUT = { timeout: 120_000 };

let dataDir: string;
let backend: BackendProcess;
beforeEach(async () => {
  dataDir = temporaryFolder();
  backend = await telltaleUp(dataDir);
});
afterEach(async () => {
  await backend.stop('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

/** Stops the backend in order, and gives the ids that are not in its folder, and how many spans are. */
async function stopped(ids: readonly string[]): Promise<{ missing: string[]; stored: number }> {
  expect(await backend.stop()).toBe(0);
  const store = await openStore({ dataDir });
  try {
    const [row] = await store.query<{ n: number }>('SELECT uniqExact(SpanId) AS n FROM otel_traces');
    return { missing: await missingSpans(store.query, ids), stored: Number(row?.n) };
  } finally {
    await store.close();
  }
}

/** Resident memory of the backend in MiB, now or at most. */
function memoryMiB(field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${backend.process.pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

const connections = (): Promise<Socket[]> => {
  const { hostname, port } = new URL(backend.otlpUrl);
  return Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    }),
  );
};

test('1,000 connections at once: each is answered, and all is stored', TIMEOUT, async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const post = ({ body }: SentSpans): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const call = request(`${backend.otlpUrl}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      call.once('error', reject);
      call.end(body);
    });
  const batches = Array.from({ length: CLIENTS }, () => sentSpans(20));
  const statuses = await Promise.all(batches.map(post));
  agent.destroy();
  expect(new Set(statuses)).toEqual(new Set([200]));
  const ids = batches.flatMap((batch) => batch.ids);
  expect(await stopped(ids)).toEqual({ missing: [], stored: ids.length });
});

test(
  '1,000 clients that stall in the middle of a head or a body: others are served, and memory is bounded',
  TIMEOUT,
  async () => {
    const before = memoryMiB();
    const sockets = await connections();
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    sockets.forEach((socket, i) => {
      socket.write(i % 2 === 0 ? head : `${head}Content-Length: 1000000\r\n\r\n${'x'.repeat(10_000)}`);
    });
    const exported = await exportSpan(backend.otlpUrl);
    expect(exported.acknowledged).toBe(true);
    expect((await fetch(`${backend.apiUrl}/api/v1/flags`)).status).toBe(200);
    expect(memoryMiB() - before).toBeLessThan(150);
    for (const socket of sockets) socket.destroy();
    expect(await stopped([exported.id])).toEqual({ missing: [], stored: 1 });
  },
);

test(
  '1,000 clients that leave in the middle of a body: nothing of them is stored, and others are served',
  TIMEOUT,
  async () => {
    const { body } = sentSpans(50);
    const sockets = await connections();
    for (const socket of sockets) {
      const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
      socket.write(head + body.slice(0, -1), () => socket.resetAndDestroy());
    }
    await Promise.all(sockets.map((socket) => socket.destroyed || once(socket, 'close')));
    const exported = await exportSpan(backend.otlpUrl);
    expect(exported.acknowledged).toBe(true);
    expect(await stopped([exported.id])).toEqual({ missing: [], stored: 1 });
  },
);

test(
  '250 MiB at once: what is beyond the limit is 429, and stored when it is sent again; memory is bounded',
  TIMEOUT,
  async () => {
    const batches = Array.from({ length: 40 }, () => sentSpans(100, 'x'.repeat(65_000)));
    const statuses = new Set<number>();
    const stored = new EventEmitter().setMaxListeners(batches.length);
    const deliver = async ({ body }: SentSpans): Promise<void> => {
      for (;;) {
        const another = once(stored, 'batch');
        const headers = { 'content-type': 'application/json' };
        const response = await fetch(`${backend.otlpUrl}/v1/traces`, { method: 'POST', headers, body });
        await response.arrayBuffer();
        statuses.add(response.status);
        if (response.status === 200) return void stored.emit('batch');
        // Where an exporter waits for a second: there is room when another batch is stored.
        await another;
      }
    };
    await Promise.all(batches.map(deliver));
    expect([...statuses].sort()).toEqual([200, 429]);
    expect(memoryMiB('VmHWM')).toBeLessThan(2048);
    const ids = batches.flatMap((batch) => batch.ids);
    expect(await stopped(ids)).toEqual({ missing: [], stored: ids.length });
  },
);
