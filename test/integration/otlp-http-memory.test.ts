import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createBudget, type Hold } from '../../src/otlp/budget.js';
import { readBody } from '../../src/otlp/http-body.js';
import type { Compression } from '../../src/otlp/inflate.js';
import { post } from '../support/otlp-client.js';

const MIB = 2 ** 20;

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

/** Heap and buffers that are in use. */
function memory(): number {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A server that leaves each request to the test. */
async function listening(onRequest: (request: IncomingMessage) => Promise<number>): Promise<number> {
  const server = createServer((request, response) => {
    onRequest(request).then((status) => response.writeHead(status).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Reads a body out of `maxHeld` bytes, and remembers what was held on the way. */
async function readWithin(request: IncomingMessage, compression: Compression, maxHeld: number) {
  const held: number[] = [];
  const real = createBudget(maxHeld).hold();
  const hold: Hold = {
    ...real,
    set(bytes) {
      held.push(bytes);
      real.set(bytes);
    },
  };
  const status = await readBody(request, compression, { maxBytes: 16 * MIB, hold }).then(
    () => 200,
    (refusal) => refusal.status,
  );
  return { status, held };
}

it('a body in chunks of one byte takes memory by its bytes, not by its chunks', async () => {
  const chunks = 200_000;
  let received = 0;
  const hold = createBudget(MIB).hold();
  const port = await listening(async (request) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await readBody(request, undefined, { maxBytes: MIB, hold });
    return 200;
  });
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  await once(client, 'connect');
  const before = memory();
  client.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  await new Promise((resolve) => client.write('1\r\nx\r\n'.repeat(chunks), resolve));
  await vi.waitFor(() => expect(received).toBe(chunks));
  // One object for each chunk is 20 MB and more.
  expect(memory() - before).toBeLessThan(5 * MIB);
  client.destroy();
});

it.each([
  [17 * MIB, 200],
  [2 * MIB, 429],
])('what a body inflates to is held as it grows, out of %d bytes: %d', async (maxHeld, status) => {
  let held: readonly number[] = [];
  const port = await listening(async (request) => {
    const read = await readWithin(request, 'gzip', maxHeld);
    held = read.held;
    return read.status;
  });
  const body = gzipSync(Buffer.alloc(15 * MIB));
  expect((await post({ port }, body)).status).toBe(status);
  expect(held[0]).toBe(body.length);
  expect(held.some((bytes) => bytes > MIB / 4 && bytes <= MIB)).toBe(true);
  // Nothing is inflated beyond the first step that is refused.
  expect(held.filter((bytes) => bytes > maxHeld)).toHaveLength(status === 429 ? 1 : 0);
});
