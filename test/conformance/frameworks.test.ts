import { once } from 'node:events';
import { Agent, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';
import type { DataPoint, Histogram } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TelltaleHook } from '../../src/hooks/openfeature.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { createExpress4, createExpress5 } from '../support/framework-express.js';
import { createFastify } from '../support/framework-fastify.js';
import { createHono } from '../support/framework-hono.js';
import { createHttp } from '../support/framework-http.js';
import { createKoa } from '../support/framework-koa.js';
import { type FrameworkApp, stage } from '../support/framework-routes.js';
import { type FrameworkServer, serveFramework } from '../support/framework-server.js';

/** What differs between frameworks; everything else has to be the same. */
interface Row {
  readonly name: string;
  /** @param times How often `flagObservability()` is added; the flag is evaluated in between. */
  readonly create: (times: number) => FrameworkApp | Promise<FrameworkApp>;
  /** Whether the framework knows routes. */
  readonly routed: boolean;
  /** Whether the pattern of a nested route is certain without an instrumentation. */
  readonly nested: boolean;
  /** Whether it hands exceptions to the middleware. */
  readonly catches: boolean;
  /** `error.type` of a response whose source failed halfway. */
  readonly half: string;
}

const FRAMEWORKS: readonly Row[] = [
  {
    name: 'Express 5',
    create: createExpress5,
    routed: true,
    nested: true,
    catches: true,
    half: 'RangeError',
  },
  {
    name: 'Express 4',
    create: createExpress4,
    routed: true,
    nested: true,
    catches: true,
    half: 'RangeError',
  },
  { name: 'Fastify 5', create: createFastify, routed: true, nested: true, catches: true, half: '_OTHER' },
  { name: 'Koa 3', create: createKoa, routed: true, nested: true, catches: true, half: 'RangeError' },
  { name: 'Hono 4', create: createHono, routed: true, nested: true, catches: true, half: 'RangeError' },
  { name: 'node:http', create: createHttp, routed: false, nested: false, catches: true, half: 'RangeError' },
];

/** The attributes of a point without those of the flag, which are checked once. */
function ofHttp({ attributes }: DataPoint<unknown>): Record<string, unknown> {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.filter(([name]) => /^(http|error)\.|telltale\.(outcome|operation)/.test(name)),
  );
}

const countOf = (point: DataPoint<unknown> | undefined): number | undefined =>
  (point?.value as Histogram | undefined)?.count;

const byVariant = (point: DataPoint<unknown>): unknown[] => [
  point.attributes['feature_flag.result.variant'],
  countOf(point),
];

beforeAll(async () => {
  await OpenFeature.setProviderAndWait(
    new InMemoryProvider({
      flag: {
        variants: { on: true, off: false },
        defaultVariant: 'off',
        disabled: false,
        contextEvaluator: ({ on }) => (on === true ? 'on' : 'off'),
      },
    }),
  );
  OpenFeature.addHooks(new TelltaleHook());
});

describe.each(FRAMEWORKS)('flagObservability() in $name', ({ create, routed, nested, catches, half }) => {
  let sdk: Sdk;
  let server: FrameworkServer;
  const route = (path: string): object => (routed ? { 'http.route': path } : {});
  const points = (): Promise<DataPoint<unknown>[]> => sdk.points('telltale.operation.duration');
  const eventStreams = async (): Promise<unknown> =>
    (await sdk.points('telltale.dropped')).find((one) => one.attributes['reason'] === 'event_stream')?.value;

  beforeEach(async () => {
    sdk = installSdk();
    server = await serveFramework(await create(1));
  });
  afterEach(async () => {
    stage.release();
    await server[Symbol.asyncDispose]();
  });

  it('measures a request once, with the attributes of the contract', async () => {
    expect(await server.ask('/products/7?on')).toMatchObject({ status: 200, body: 'ok' });
    await server.closed(1);
    const all = await points();
    expect(all.map(countOf)).toEqual([1]);
    expect(all[0]?.attributes).toEqual({
      'feature_flag.key': 'flag',
      'feature_flag.result.variant': 'on',
      'telltale.assignment': 'assigned',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      ...route('/products/:id'),
    });
  });

  it('leaves the route out where nothing matched', async () => {
    expect(await server.ask('/nowhere')).toMatchObject({ status: 404 });
    await server.closed(1);
    const all = await points();
    expect(all.map(countOf)).toEqual([1]);
    expect(all.map(ofHttp)).toEqual([{ 'http.request.method': 'GET', 'http.response.status_code': 404 }]);
  });

  it('has the whole pattern of a nested route, or none', async () => {
    expect(await server.ask('/tenants/42/items/3')).toMatchObject({ status: 200 });
    await server.closed(1);
    const pattern = nested ? '/tenants/:tenant/items/:item' : undefined;
    expect((await points()).map((point) => point.attributes['http.route'])).toEqual([pattern]);
  });

  it.each([
    ['throws', '/fail/now'],
    ['rejects', '/fail/later'],
  ])('takes a handler that %s for an error', async (_how, path) => {
    expect(await server.ask(path)).toMatchObject({ status: 500 });
    await server.closed(1);
    const all = await points();
    expect(all.map(countOf)).toEqual([1]);
    expect(all.map(ofHttp)).toEqual([
      { 'http.request.method': 'GET', 'http.response.status_code': 500, 'error.type': '500', ...route(path) },
    ]);
    const failed = sdk.logs
      .getFinishedLogRecords()
      .filter((one) => one.eventName === 'telltale.operation.failed');
    expect(failed.map(({ attributes }) => attributes['exception.type'])).toEqual([
      catches ? 'RangeError' : undefined,
    ]);
  });

  it('counts a client that went away, without calling it an error', async () => {
    const client = new AbortController();
    const reply = server.ask('/held', { signal: client.signal });
    await stage.paused();
    client.abort();
    await expect(reply).rejects.toThrow();
    await server.closed(1);
    const all = await points();
    expect(all.map(countOf)).toEqual([1]);
    expect(all.map(ofHttp)).toEqual([
      { 'http.request.method': 'GET', 'telltale.outcome': 'aborted', ...route('/held') },
    ]);
  });

  it('measures a streamed response to its last byte', async () => {
    const reply = server.ask('/stream');
    await stage.paused();
    expect(await points()).toEqual([]);
    stage.release();
    expect(await reply).toMatchObject({ status: 200, body: 'first last' });
    await server.closed(1);
    const all = await points();
    expect(all.map(countOf)).toEqual([1]);
    expect(all.map(ofHttp)).toEqual([
      { 'http.request.method': 'GET', 'http.response.status_code': 200, ...route('/stream') },
    ]);
  });

  it('takes a response whose source failed halfway for an error, not for a client gone', async () => {
    // Hono's server prints the error.
    const print = vi.spyOn(console, 'error').mockImplementation(() => {});
    await expect(server.ask('/half')).rejects.toThrow();
    await server.closed(1);
    print.mockRestore();
    const all = await points();
    expect(all.map(countOf)).toEqual([1]);
    expect(all.map(ofHttp)).toEqual([
      {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'error.type': half,
        ...route('/half'),
      },
    ]);
  });

  it('tells the requests of one connection apart, and records none that evaluated nothing', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const replies = [];
    for (const path of ['/products/1?on', '/plain', '/products/2', '/products/3?on', '/plain']) {
      replies.push(await server.ask(path, { agent }));
    }
    expect(replies.map(({ reused }) => reused)).toEqual([false, true, true, true, true]);
    await server.closed(5);
    agent.destroy();
    const counts = (await points()).map(byVariant);
    expect(counts).toEqual([
      ['on', 2],
      ['off', 1],
    ]);
  });

  it('keeps concurrent requests apart', async () => {
    const replies = [server.ask('/held?on'), server.ask('/held')];
    await stage.paused(2);
    // Each evaluates again, after both have come.
    stage.release();
    await Promise.all(replies);
    await server.closed(2);
    const counts = (await points()).map(byVariant);
    expect(counts.sort()).toEqual([
      ['off', 1],
      ['on', 1],
    ]);
  });

  it('still knows the request once its body has come', async () => {
    expect(await server.ask('/orders', { method: 'POST', body: ['one ', 'two'] })).toMatchObject({
      status: 200,
      body: 'one two',
    });
    await server.closed(1);
    expect((await points()).map(ofHttp)).toEqual([
      { 'http.request.method': 'POST', 'http.response.status_code': 200, ...route('/orders') },
    ]);
  });

  it('counts an event stream, without a duration', async () => {
    const before = (await eventStreams()) ?? 0;
    await server.ask('/events');
    await server.closed(1);
    expect(await points()).toEqual([]);
    expect(await eventStreams()).toBe(Number(before) + 1);
  });

  it('measures HEAD as HEAD', async () => {
    expect(await server.ask('/products/7', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    await server.closed(1);
    expect((await points()).map(ofHttp)).toEqual([
      { 'http.request.method': 'HEAD', 'http.response.status_code': 200, ...route('/products/:id') },
    ]);
  });

  it('measures once where it is added twice', async () => {
    await using twice = await serveFramework(await create(2));
    await twice.ask('/products/7?on');
    await twice.ask('/fail/later?on');
    await twice.closed(2);
    expect((await points()).map(countOf)).toEqual([1, 1]);
  });

  it.each([
    ['beside the application', false],
    ["through the application's routes", true],
  ])('records nothing of a WebSocket upgrade that goes %s', async (_way, isRouted) => {
    const { server: node, port } = server;
    const ends: Duplex[] = [];
    node.on('upgrade', (request, socket) => {
      ends.push(socket);
      // As plugins for WebSockets have the framework find the route.
      if (isRouted) {
        const response = new ServerResponse(request);
        response.assignSocket(socket as never);
        node.emit('request', request, response);
      } else {
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      }
    });
    const socket = connect(port, '127.0.0.1');
    const head = 'Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
    socket.write(`GET /products/7 HTTP/1.1\r\n${head}\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain(isRouted ? '200 OK' : '101 Switching');
    // The server does not know such connections, and leaves them open.
    for (const end of [socket, ...ends]) end.destroy();
    // The next request on the server knows nothing of it.
    await server.ask('/products/7?on');
    await server.closed(isRouted ? 2 : 1);
    const counts = (await points()).map(byVariant);
    expect(counts).toEqual([['on', 1]]);
  });
});
