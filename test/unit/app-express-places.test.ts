import { request as httpRequest } from 'node:http';
import type { Express, RequestHandler } from 'express';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flagObservability } from '../../src/http/express.js';
import { expressRoute } from '../../src/http/express-route.js';
import { EXPRESS_4, EXPRESS_5 } from '../support/app-express.js';
import { listen } from '../support/app-listen.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, closing, provideFlag, served } from '../support/app-served.js';

let sdk: Sdk;

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
});

/** The routes that were measured since the last call. */
async function routesOf(app: Express, ...paths: string[]): Promise<unknown[]> {
  for (const path of paths) await served(sdk, app, path);
  const points = await sdk.points('telltale.operation.duration');
  sdk = installSdk();
  return points.map((point) => point.attributes['http.route']);
}

describe.each([EXPRESS_5, EXPRESS_4])('http.route in $name', (kit) => {
  it('is known where only a router has the middleware', async () => {
    const app = kit.createApp();
    app.use('/a/:b', kit.createRouter().use(flagObservability()).get('/c', answer));
    expect(await routesOf(app, '/a/1/c')).toEqual(['/a/:b/c']);
  });

  it('is known where only a mounted application has the middleware', async () => {
    const app = kit.createApp();
    app.use('/a/:b', kit.createApp().use(flagObservability()).get('/c', answer));
    expect(await routesOf(app, '/a/1/c')).toEqual(['/a/:b/c']);
  });

  it('is known for what is added later', async () => {
    const app = kit.createApp().use(flagObservability());
    const router = kit.createRouter().get('/c', answer);
    app.use('/a/:b', router);
    expect(await routesOf(app, '/a/1/c')).toEqual(['/a/:b/c']);
    router.get('/d', answer);
    app.use('/later', router);
    expect(await routesOf(app, '/a/1/d')).toEqual(['/a/:b/d']);
    for (let i = 0; i < 5; i += 1) {
      expect(await routesOf(app, '/later/c')).toEqual(['/later/c']);
      expect(await routesOf(app, '/a/1/c')).toEqual(['/a/:b/c']);
    }
  });

  it('is that of each application that shares a router', async () => {
    const router = kit.createRouter().get('/c', answer);
    const one = kit.createApp().use(flagObservability()).use('/:a', router);
    const two = kit.createApp().use(flagObservability()).use('/x', router);
    expect(await routesOf(one, '/x/c')).toEqual(['/:a/c']);
    expect(await routesOf(two, '/x/c')).toEqual(['/x/c']);
    expect(await routesOf(one, '/x/c')).toEqual(['/:a/c']);
  });

  it('is left out for a router that a closure calls, where it is mounted elsewhere too', async () => {
    const app = kit.createApp().use(flagObservability());
    const router = kit.createRouter().get('/c', answer);
    const call: RequestHandler = (request, response, next) => router(request, response, next);
    app.use('/hidden', call);
    expect(await routesOf(app, '/hidden/c')).toEqual([undefined]);
    app.use('/seen', router);
    expect(await routesOf(app, '/hidden/c')).toEqual([undefined]);
    expect(await routesOf(app, '/seen/c')).toEqual(['/seen/c']);
  });

  it('is known for a request with a whole URL, as proxies get', async () => {
    const app = kit.createApp().use(flagObservability());
    app.use('/a/:b', kit.createRouter().get('/c', answer));
    const { listener, closed } = closing(app);
    await using server = await listen(listener);
    const { hostname, port } = new URL(server.url);
    httpRequest({ hostname, port, path: 'http://shop.example/a/1/c?x=/a/b' }).end();
    await closed(1);
    expect(await routesOf(app)).toEqual(['/a/:b/c']);
  });

  it('is none of what clients make up', async () => {
    const app = kit.createApp().use(flagObservability());
    const items = kit.createRouter().get('/Items/:item', answer);
    app.use('/api/:tenant', items);
    app.use('/shop', kit.createApp().use('/cart', items));
    app.use(answer);
    await using server = await listen(app);
    const segment = fc.oneof(
      fc.constantFrom('api', 'shop', 'cart', 'items', ':tenant', ':item', '', '.', '%2e', '%zz', '%E2%82'),
      fc.string({ maxLength: 12 }).map(encodeURIComponent),
    );
    const mixedCase = fc.mixedCase(fc.constantFrom('/api/7/items/3', '/shop/cart/items/3', '/API/x/Items/'));
    const path = fc.oneof(
      mixedCase,
      fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`),
    );
    await fc.assert(
      fc.asyncProperty(path, async (one) => {
        await (await fetch(server.url + one)).text();
      }),
      { numRuns: 300 },
    );
    const points = await sdk.points('telltale.operation.duration');
    const routes = new Set(points.map((point) => point.attributes['http.route']?.toString().toLowerCase()));
    routes.delete(undefined);
    expect([...routes].sort()).toEqual(['/api/:tenant/items/:item', '/shop/cart/items/:item']);
    // Nor is there one pattern in several letter cases.
    const all = new Set(points.map((point) => point.attributes['http.route']));
    all.delete(undefined);
    expect(all.size).toBe(2);
  });
});

describe('http.route', () => {
  it('is what an instrumentation found, and nothing where it found nothing', async () => {
    const routes: unknown[] = [];
    const app = EXPRESS_5.createApp();
    app.get('/x', (request, response) => {
      const rpc = { type: 'http', span: {} as never };
      routes.push(expressRoute(request, app, rpc));
      routes.push(expressRoute(request, app, { ...rpc, route: '/found' }));
      routes.push(expressRoute(request, app, { ...rpc, route: undefined } as never));
      response.end('ok');
    });
    await served(sdk, app, '/x');
    expect(routes).toEqual(['/x', '/found', undefined]);
  });

  it('is left out, without a fault, where the routers are none of Express', () => {
    const route = { path: '/x' };
    const broken = {
      get router(): never {
        throw new Error('no router today');
      },
    };
    expect(expressRoute({ app: broken, route, url: '/x' }, broken, undefined)).toBeUndefined();
    const loop: { parent: unknown } = { parent: undefined };
    loop.parent = loop;
    expect(expressRoute({ app: loop, route, url: '/x' }, loop, undefined)).toBeUndefined();
  });

  it('is not looked for with every request where it cannot be found', async () => {
    const app = EXPRESS_5.createApp().use(flagObservability());
    const router = EXPRESS_5.createRouter().get('/c', answer);
    const call: RequestHandler = (request, response, next) => router(request, response, next);
    app.use('/hidden', call);
    const { stack } = app.router;
    let reads = 0;
    Object.defineProperty(app.router, 'stack', {
      get() {
        reads += 1;
        return stack;
      },
    });
    for (let i = 0; i < 20; i += 1) await routesOf(app, '/hidden/c');
    // Express itself reads it with every request.
    expect(reads).toBe(20 + 4);
  });

  it('is found in time in routers that are mounted in each other', async () => {
    const app = EXPRESS_5.createApp().use(flagObservability());
    const router = EXPRESS_5.createRouter();
    router.use('/again', router, router, router);
    router.get('/c', answer);
    app.use('/a', router);
    // As deep as it is: the ways are too many to look at all of them.
    expect(await routesOf(app, '/a/again/again/c')).toHaveLength(1);
    expect(await routesOf(app, '/a/c')).toHaveLength(1);
  });
});
