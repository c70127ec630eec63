import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { DataPoint, Histogram } from '@opentelemetry/sdk-metrics';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Scope, storedScope } from '../../src/core/scope.js';
import { flagErrors, flagObservability } from '../../src/http/express.js';
import { EXPRESS_4, EXPRESS_5 } from '../support/app-express.js';
import { listen } from '../support/app-listen.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, closing, evaluate, provideFlag } from '../support/app-served.js';

let sdk: Sdk;
let scopes: (Scope | undefined)[];

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
  scopes = [];
});

/** Evaluates, and goes on to what a test is about. */
const evaluating: RequestHandler = (_request, _response, next) => {
  scopes.push(storedScope());
  evaluate().then(() => next(), next);
};

/** Each point as `count method status route`, and what else there is. */
function shown(points: readonly DataPoint<unknown>[]): string[] {
  return points.map(({ attributes, value }) => {
    const names = ['http.request.method', 'http.response.status_code', 'http.route'];
    const others = ['error.type', 'telltale.outcome'].filter((name) => name in attributes);
    const rest = others.map((name) => `${name}=${attributes[name]}`);
    return [(value as Histogram).count, ...names.map((name) => attributes[name]), ...rest].join(' ');
  });
}

/** Serves the application to `client`, and shows what was measured once `count` responses have closed. */
async function measured(
  app: Express,
  count: number,
  client: (url: string) => Promise<void>,
): Promise<string[]> {
  const { listener, closed } = closing(app);
  await using server = await listen(listener);
  await client(server.url);
  await closed(count);
  return shown(await sdk.points('telltale.operation.duration'));
}

async function ask(url: string, init: RequestInit = {}): Promise<void> {
  await (await fetch(url, init)).arrayBuffer();
}

async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Reads until that text has come. */
async function readUntil(socket: Socket, text: string): Promise<string> {
  let read = '';
  while (!read.includes(text)) read += String(await once(socket, 'data'));
  return read;
}

describe.each([EXPRESS_5, EXPRESS_4])('$name measures each request once', (kit) => {
  function createApp(): Express {
    // Express prints the stack of what reaches its last handler.
    return kit.createApp().set('env', 'test').use(flagObservability()).use(evaluating);
  }

  it('that its client abandons', async () => {
    const app = createApp();
    const { promise: evaluated, resolve } = Promise.withResolvers<void>();
    app.get('/', (_request, response) => {
      response.write('half of it');
      resolve();
    });
    const points = await measured(app, 1, async (url) => {
      const request = httpRequest(url).on('error', () => {});
      request.end();
      await evaluated;
      request.destroy();
    });
    expect(points).toEqual(['1 GET 200 / telltale.outcome=aborted']);
  });

  it('that is abandoned before there is a response', async () => {
    const app = createApp();
    const { promise: evaluated, resolve } = Promise.withResolvers<void>();
    app.get('/', () => resolve());
    const points = await measured(app, 1, async (url) => {
      const request = httpRequest(url).on('error', () => {});
      request.end();
      await evaluated;
      request.destroy();
    });
    expect(points).toEqual(['1 GET  / telltale.outcome=aborted']);
  });

  it('that is answered in pieces', async () => {
    const app = createApp();
    app.get('/', (_request, response) => {
      response.write('one');
      setImmediate(() => {
        response.write('two');
        setImmediate(() => response.end('three'));
      });
    });
    expect(await measured(app, 1, ask)).toEqual(['1 GET 200 /']);
  });

  it('of one connection, each in a scope of its own', async () => {
    const app = createApp();
    app.get('/:id', answer);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const points = await measured(app, 3, async (url) => {
      for (const path of ['/1', '/2', '/3']) {
        const request = httpRequest(url + path, { agent });
        request.end();
        const [response] = await once(request, 'response');
        await once(response.resume(), 'end');
        expect(request.reusedSocket).toBe(path !== '/1');
      }
      agent.destroy();
    });
    expect(points).toEqual(['3 GET 200 /:id']);
    expect(new Set(scopes).size).toBe(3);
    // Once by the middleware, once by the handler.
    expect(scopes.map((scope) => scope?.flags.get('flag')?.count)).toEqual([2, 2, 2]);
  });

  it('of those that come at once on one connection', async () => {
    const app = createApp();
    app.get('/:id', answer);
    const points = await measured(app, 3, async (url) => {
      const socket = await openSocket(url);
      const head = 'HTTP/1.1\r\nhost: x\r\n';
      socket.write(`GET /1 ${head}\r\nGET /2 ${head}\r\nGET /3 ${head}connection: close\r\n\r\n`);
      socket.resume();
      await once(socket, 'close');
    });
    expect(points).toEqual(['3 GET 200 /:id']);
    expect(new Set(scopes).size).toBe(3);
  });

  it('but no event stream, which lasts as long as its client likes', async () => {
    const app = createApp();
    app.get('/', (_request, response) => {
      response.type('text/event-stream').write('data: 1\n\n');
    });
    const points = await measured(app, 1, async (url) => {
      const request = httpRequest(url).on('error', () => {});
      request.end();
      const [response] = await once(request, 'response');
      await once(response, 'data');
      request.destroy();
    });
    expect(points).toEqual([]);
  });

  const failures: [string, RequestHandler][] = [
    [
      'throws',
      () => {
        throw new RangeError('sold out');
      },
    ],
    ['passes an error on', (_request, _response, next) => next(new RangeError('sold out'))],
    [
      'rejects',
      // Express 4 does not look at promises.
      (_request, _response, next) => {
        const rejected = Promise.reject(new RangeError('sold out'));
        return kit.major === 4 ? rejected.catch(next) : rejected;
      },
    ],
  ];
  it.each(failures)('whose handler %s', async (_what, handler) => {
    const app = createApp();
    app.get('/:id', handler);
    app.use(flagErrors());
    expect(await measured(app, 1, (url) => ask(`${url}/1`))).toEqual(['1 GET 500 /:id error.type=500']);
  });

  it('whose error a handler of its own answers', async () => {
    const app = createApp();
    app.get('/:id', () => {
      throw new RangeError('sold out');
    });
    app.use(flagErrors());
    const answering: ErrorRequestHandler = (_error, _request, response, _next) => {
      response.sendStatus(409);
    };
    app.use(answering);
    expect(await measured(app, 1, (url) => ask(`${url}/1`))).toEqual(['1 GET 409 /:id']);
  });

  it('that nothing answers', async () => {
    expect(await measured(createApp(), 1, (url) => ask(`${url}/nowhere`))).toEqual(['1 GET 404 ']);
  });

  it('for a HEAD of a GET route', async () => {
    const app = createApp();
    app.get('/:id', answer);
    const points = await measured(app, 1, (url) => ask(`${url}/1`, { method: 'HEAD' }));
    expect(points).toEqual(['1 HEAD 200 /:id']);
  });

  it('that is answered with OPTIONS by Express itself', async () => {
    const app = createApp();
    app.get('/:id', answer);
    const points = await measured(app, 1, (url) => ask(`${url}/1`, { method: 'OPTIONS' }));
    expect(points).toEqual(['1 OPTIONS 200 ']);
  });

  it('that was not modified', async () => {
    const app = createApp();
    app.get('/:id', (_request, response) => void response.send('the same as ever'));
    const points = await measured(app, 2, async (url) => {
      const etag = (await fetch(`${url}/1`)).headers.get('etag') ?? '';
      // Undici asks caches anew unless it is told that it may be answered so.
      await ask(`${url}/1`, { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } });
    });
    expect(points).toEqual(['1 GET 200 /:id', '1 GET 304 /:id']);
  });

  it('whose body is never read', async () => {
    const app = createApp();
    app.post('/:id', (_request, response) => void response.status(413).end('too much'));
    const points = await measured(app, 1, async (url) => {
      const socket = await openSocket(url);
      socket.write('POST /1 HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nthe first of it');
      await readUntil(socket, 'too much');
      socket.destroy();
    });
    expect(points).toEqual(['1 POST 413 /:id']);
  });

  it('where the middleware is registered again and again', async () => {
    const app = createApp().use(flagObservability());
    const router = kit.createRouter().use(flagObservability()).get('/b', flagObservability(), answer);
    app.use('/a', router);
    app.use('/app', kit.createApp().use(flagObservability()).use(router));
    const points = await measured(app, 2, async (url) => {
      await ask(`${url}/a/b`);
      await ask(`${url}/app/b`);
    });
    expect(points).toEqual(['1 GET 200 /a/b', '1 GET 200 /app/b']);
    expect(new Set(scopes).size).toBe(2);
  });
});
