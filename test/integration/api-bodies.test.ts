import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApi } from '../../src/server/api.js';
import { launchDarklyRoute } from '../../src/server/launchdarkly-webhook.js';
import { json, type Route } from '../../src/server/routes.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { open, post } from '../support/otlp-client.js';
import { temporaryStore } from '../support/temporary-store.js';

const MIB = 2 ** 20;

/** A busy machine takes its time. */
const PATIENCE = { timeout: 10_000 };

/** Takes a body, and says how large it was. */
const sized: Route = {
  method: 'POST',
  path: '/sized',
  handle: async ({ body }) => json({ bytes: (await body(4 * MIB)).length }),
};

const store = temporaryStore();
const statuses: number[] = [];
let port = 0;
const server = createServer();
beforeAll(async () => {
  const routes = [sized, launchDarklyRoute(createKeptChanges(store().query), store(), 'secret')];
  const onError = (error: unknown): never => {
    throw error;
  };
  const onAnswer = ({ status }: { status: number }): number => statuses.push(status);
  server.on('request', createApi({ routes, check: () => undefined, onError, onAnswer }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All of a body of 4 MiB but its last byte. */
async function stalled(): Promise<Socket> {
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  const requested = once(server, 'request');
  client.write(`POST /sized HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * MIB}\r\n\r\n`);
  client.write(Buffer.alloc(4 * MIB - 1));
  await requested;
  return client;
}

describe('bodies that are sent to the API', () => {
  const small = Buffer.from('{}');

  it('are bounded together: beyond 16 MiB it is 429 with Retry-After, and counted, until they are let go', async () => {
    const clients = await Promise.all([1, 2, 3, 4].map(stalled));
    await vi.waitFor(async () => {
      const refused = await post({ port, path: '/sized' }, small);
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
      expect(JSON.parse(refused.body.toString()).error).toEqual({
        code: 'overloaded',
        message: 'Too many bodies are on their way; send this one again later.',
      });
    }, PATIENCE);
    expect(statuses.at(-1)).toBe(429);
    for (const client of clients) client.destroy();
    await vi.waitFor(
      async () => expect((await post({ port, path: '/sized' }, small)).status).toBe(200),
      PATIENCE,
    );
  });

  it('are let go when they were answered', async () => {
    for (let i = 0; i < 6; i++) {
      const reply = await post({ port, path: '/sized' }, Buffer.alloc(4 * MIB));
      expect(JSON.parse(reply.body.toString())).toEqual({ bytes: 4 * MIB });
    }
    expect((await post({ port, path: '/sized' }, Buffer.alloc(4 * MIB + 1))).status).toBe(413);
    expect((await post({ port, path: '/sized' }, small)).status).toBe(200);
  });
});

it.each([
  [{}, 'it is missing'],
  [{ 'x-ld-signature': 'ab'.repeat(31) }, 'it is not 64 digits of hex'],
  [{ 'x-ld-signature': 'zz'.repeat(32) }, 'it is not 64 digits of hex'],
])('a webhook with %j is refused before its body comes', async (signature, message) => {
  const headers = { ...signature, 'content-length': '100' };
  const reply = await open({ port, path: '/webhooks/launchdarkly', headers }, (request) =>
    request.flushHeaders(),
  );
  expect([reply.status, JSON.parse(reply.body.toString()).error.message]).toEqual([
    401,
    expect.stringContaining(message),
  ]);
});
