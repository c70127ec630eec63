import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Scope, storedScope } from '../../src/core/scope.js';
import { flagObservability } from '../../src/http/express.js';
import { enterRequest, scopeOfRequest } from '../../src/http/request-operation.js';
import { EXPRESS_4, EXPRESS_5 } from '../support/app-express.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, evaluate, provideFlag, served } from '../support/app-served.js';

let sdk: Sdk;

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
});

const UPGRADE = 'GET /socket HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n';

/** Listeners of both ends of a connection, by event. */
function listenersOf(...emitters: readonly (IncomingMessage | Duplex)[]): string[] {
  return emitters.flatMap((one) =>
    one.eventNames().map((name) => `${String(name)} ${one.listenerCount(name)}`),
  );
}

async function readUntil(socket: Socket, text: string): Promise<void> {
  let read = '';
  while (!read.includes(text)) read += String(await once(socket, 'data'));
}

interface Upgraded {
  readonly request: IncomingMessage;
  readonly scope: Scope | undefined;
  readonly listeners: string[];
}

/** Upgrades a connection, after `before` was written on it, and talks on it. */
async function upgrade(
  application: Parameters<typeof createServer>[1] | undefined,
  before = '',
): Promise<Upgraded> {
  const server = createServer(application);
  const { promise, resolve } = Promise.withResolvers<Upgraded>();
  server.on('upgrade', async (request, socket) => {
    const upgraded = { request, scope: storedScope(), listeners: listenersOf(request, socket) };
    await evaluate();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.once('data', async (data) => {
      await evaluate();
      socket.end(`echo ${data}`);
      resolve(upgraded);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  if (before !== '') {
    client.write(before);
    await readUntil(client, 'ok');
  }
  client.write(UPGRADE);
  await readUntil(client, '101');
  client.write('hello');
  await readUntil(client, 'echo hello');
  const upgraded = await promise;
  client.destroy();
  await new Promise((closed) => server.close(closed));
  return upgraded;
}

describe.each([EXPRESS_5, EXPRESS_4])('an upgrade beside $name', (kit) => {
  const createApp = () => kit.createApp().use(flagObservability()).get('/', answer);

  it('is no operation, and gets no scope and no listener', async () => {
    const plain = await upgrade(undefined);
    const { request, scope, listeners } = await upgrade(createApp());
    expect(scope).toBeUndefined();
    expect(scopeOfRequest(request)).toBeUndefined();
    expect(listeners).toEqual(plain.listeners);
    expect(await sdk.points('telltale.operation.duration')).toEqual([]);
    // Its evaluations are counted all the same: 2 of each upgrade.
    const [evaluations] = await sdk.points('feature_flag.evaluations');
    expect(evaluations?.value).toBeGreaterThanOrEqual(4);
  });

  it('adds nothing to the request that its connection served before', async () => {
    const scopes: (Scope | undefined)[] = [];
    const app = kit.createApp().use(flagObservability());
    app.use((_request, _response, next) => {
      scopes.push(storedScope());
      next();
    });
    app.get('/', answer);
    await upgrade(app, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(scopes.map((scope) => scope?.flags.get('flag')?.count)).toEqual([1]);
    const points = await sdk.points('telltale.operation.duration');
    expect(points.map((point) => point.attributes['http.route'])).toEqual(['/']);
  });
});

describe('the scope of a request', () => {
  it('is given once: not again where the request already runs in it', async () => {
    const entered: unknown[] = [];
    const app = EXPRESS_5.createApp().use(flagObservability());
    app.get('/', (request, response) => {
      const scope = storedScope();
      entered.push(enterRequest('a test', request, response, () => undefined));
      entered.push(scopeOfRequest(request) === scope);
      response.end('ok');
    });
    await served(sdk, app, '/');
    expect(entered).toEqual([undefined, true]);
  });

  it('is not kept once the request is over', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const scopes: WeakRef<Scope>[] = [];
    const app = EXPRESS_5.createApp().use(flagObservability());
    app.use((_request, _response, next) => {
      const scope = storedScope();
      if (scope !== undefined) scopes.push(new WeakRef(scope));
      next();
    });
    app.get('/:id', answer);
    for (const path of ['/1', '/2', '/3']) await served(sdk, app, path);
    expect(scopes).toHaveLength(3);
    // Node lets go of the last request's socket some turns after its response.
    await vi.waitFor(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      expect(scopes.map((scope) => scope.deref() !== undefined)).toEqual([false, false, false]);
    });
  });
});
