import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import Router from '@koa/router';
import { context, diag, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import Fastify, { type FastifyInstance } from 'fastify';
import { Hono } from 'hono';
import Koa, { type Middleware } from 'koa';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { flagObservability as forFastify } from '../../src/http/fastify.js';
import { flagObservability as forHono } from '../../src/http/hono.js';
import { flagObservability as forKoa } from '../../src/http/koa.js';
import { flagObservability as forHttp } from '../../src/http/node.js';
import { evaluate } from '../support/app-operation.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { type Reply, serve } from '../support/framework-server.js';

let sdk: Sdk;

beforeEach(() => {
  sdk = installSdk();
});

/** `http.route` of each flag's duration. */
async function routes(): Promise<unknown[]> {
  const points = await sdk.points('telltale.operation.duration');
  return points.map(({ attributes }) => attributes['http.route']);
}

function exceptionTypes(): unknown[] {
  return sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes['exception.type']);
}

async function listenerOf(app: FastifyInstance): Promise<RequestListener> {
  await app.ready();
  return (request, response) => app.routing(request, response);
}

/** Serves it as an application whose HTTP and framework instrumentations know the request. */
function instrumented(listener: RequestListener, route: string | undefined): RequestListener {
  return (request, response) => {
    const span = trace.getTracer('test').startSpan('GET', { kind: SpanKind.SERVER });
    const rpc = { type: RPCType.HTTP as const, span, route };
    const active = setRPCMetadata(trace.setSpan(ROOT_CONTEXT, span), rpc as never);
    response.on('close', () => span.end());
    context.with(active, () => listener(request, response));
  };
}

describe('the Fastify plugin', () => {
  it('says how to register it where Fastify calls it as the plugin', () => {
    const called = (): unknown => forFastify(Fastify() as never, {} as never);
    expect(called).toThrow('write await app.register(flagObservability())');
  });

  it('sees what hooks evaluate that come after it', async () => {
    const app = Fastify();
    app.addHook('onRequest', async () => evaluate('before'));
    await app.register(forFastify());
    app.addHook('onRequest', async () => evaluate('after'));
    app.addHook('preParsing', (_request, _reply, payload, done) => {
      evaluate('parsing');
      done(null, payload);
    });
    app.post('/', async () => 'ok');
    await serve(await listenerOf(app), '/', { method: 'POST', body: ['a', 'b'] });
    const points = await sdk.points('telltale.operation.duration');
    expect(points.map(({ attributes }) => attributes['feature_flag.key'])).toEqual(['after', 'parsing']);
  });

  it('measures what is served by inject, also within another request', async () => {
    const app = Fastify();
    await app.register(forFastify());
    app.get('/inner', async (_request, reply) => {
      evaluate('inner');
      return reply.code(503).send('no');
    });
    app.get('/outer', async () => {
      evaluate('before');
      await app.inject('/inner');
      evaluate('after');
      return 'yes';
    });
    const span = trace.getTracer('test').startSpan('GET', { kind: SpanKind.SERVER });
    const active = setRPCMetadata(trace.setSpan(ROOT_CONTEXT, span), { type: RPCType.HTTP, span });
    // In an async function, because it serves once it is awaited.
    await context.with(active, async () => void (await app.inject('/outer')));
    span.end();
    const points = await sdk.points('telltale.operation.duration');
    const rows = points.map(({ attributes }) =>
      ['feature_flag.key', 'http.route', 'http.response.status_code', 'error.type', 'telltale.outcome'].map(
        (name) => attributes[name],
      ),
    );
    expect(rows).toEqual([
      ['inner', '/inner', 503, '503', undefined],
      ['before', '/outer', 200, undefined, undefined],
      ['after', '/outer', 200, undefined, undefined],
    ]);
    expect(sdk.spans.getFinishedSpans().at(-1)?.attributes).toEqual({
      'feature_flags.before': 'on',
      'feature_flags.after': 'on',
    });
  });

  it('has the scope again in every hook that follows one that waits for the body', async () => {
    const app = Fastify();
    await app.register(forFastify());
    // As those do that check a signature.
    app.addHook('preParsing', (_request, _reply, payload, done) => {
      const chunks: unknown[] = [];
      payload.on('data', (chunk) => chunks.push(chunk));
      payload.on('end', () => done(null, Readable.from(chunks)));
    });
    for (const hook of ['preHandler', 'onSend'] as const) app.addHook(hook, async () => evaluate(hook));
    app.addHook('preValidation', async () => evaluate('preValidation'));
    app.post('/', async () => 'ok');
    await serve(await listenerOf(app), '/', { method: 'POST', body: ['a', 'b'] });
    expect(await routes()).toEqual(['/', '/', '/']);
  });
});

const answer: Middleware = (ctx, next) => {
  ctx.body = 'ok';
  return next();
};

function stopAt(where: string): Middleware {
  return (ctx, next) => (ctx.query['stop'] === where ? answer(ctx, async () => {}) : next());
}

describe('the Koa middleware', () => {
  it('says how to add it where it was added without the call', async () => {
    const app = new Koa();
    const errors: Error[] = [];
    app.on('error', (error: Error) => errors.push(error));
    app.use(forKoa as never);
    expect(await serve(app.callback(), '/')).toMatchObject({ status: 500 });
    expect(errors[0]?.message).toContain('write app.use(flagObservability())');
  });

  it('rethrows the very error that came', async () => {
    const app = new Koa();
    const error = new RangeError('the till is on fire');
    const errors: unknown[] = [];
    app.on('error', (one: unknown) => errors.push(one));
    app.use(forKoa()).use(() => {
      evaluate();
      throw error;
    });
    await serve(app.callback(), '/');
    expect(errors).toEqual([error]);
    expect(exceptionTypes()).toEqual(['RangeError']);
  });

  it('tells a route from the middleware of its router', async () => {
    const inner = new Router();
    inner.use(stopAt('inner'));
    // A route that passes on is a route all the same.
    inner.get('/items/:item', answer);
    const router = new Router();
    router.use(stopAt('outer'));
    router.get(/^\/re/, answer);
    router.use('/tenants/:tenant', inner.routes(), inner.allowedMethods());
    const app = new Koa().use(forKoa());
    app.use((_ctx, next) => {
      evaluate();
      return next();
    });
    app.use(router.routes()).use(router.allowedMethods());
    const seen: unknown[] = [];
    for (const query of ['', '?stop=inner', '?stop=outer']) {
      sdk = installSdk();
      expect(await serve(app.callback(), `/tenants/42/items/3${query}`)).toMatchObject({ status: 200 });
      seen.push(...(await routes()));
    }
    expect(seen).toEqual(['/tenants/:tenant/items/:item', undefined, undefined]);
    sdk = installSdk();
    await serve(app.callback(), '/regexp');
    await serve(app.callback(), '/tenants/42/items/3', { method: 'POST' });
    expect(await routes()).toEqual([undefined, undefined]);
  });
});

describe('the Hono middleware', () => {
  const serveHono = (app: Hono, path: string): Promise<Reply> => serve(getRequestListener(app.fetch), path);

  it('says how to add it where it was added without the call', async () => {
    const app = new Hono().use(forHono as never);
    app.onError((error, c) => c.text(error.message, 500));
    expect(await serveHono(app, '/')).toMatchObject({
      body: expect.stringContaining('write app.use(flagObservability())'),
    });
  });

  it('tells a route from middleware', async () => {
    const app = new Hono().basePath('/api').use(forHono());
    app.use(async (_c, next) => {
      evaluate();
      await next();
    });
    app.use('/admin/*', async (c, next) => (c.req.query('stop') === '1' ? c.text('stopped', 401) : next()));
    const admin = new Hono();
    admin.onError((_error, c) => c.text('failed', 500));
    admin.get('/users/:id', (c) => c.text('ok'));
    admin.get('/broken', () => {
      throw new RangeError('the till is on fire');
    });
    app.route('/admin', admin);
    app.all('/any/:thing', (c) => c.text('ok'));
    const seen: unknown[] = [];
    for (const path of ['users/7', 'users/7?stop=1', 'nowhere', 'broken']) {
      sdk = installSdk();
      await serveHono(app, `/api/admin/${path}`);
      seen.push(...(await routes()));
    }
    expect(seen).toEqual(['/api/admin/users/:id', undefined, undefined, '/api/admin/broken']);
    expect(exceptionTypes()).toEqual(['RangeError']);
    sdk = installSdk();
    await serveHono(app, '/api/any/thing');
    expect(await routes()).toEqual(['/api/any/:thing']);
  });

  it('serves as ever without the request of Node, and says so once', async () => {
    const warn = vi.fn();
    const silent = (): void => {};
    diag.setLogger({ error: silent, warn, info: silent, debug: silent, verbose: silent });
    const app = new Hono().use(forHono());
    app.get('/', (c) => {
      evaluate();
      return c.text('ok');
    });
    expect(await (await app.request('/')).text()).toBe('ok');
    expect(await (await app.request('/', {}, { DATABASE: 'a binding' })).text()).toBe('ok');
    diag.disable();
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('Serve the application with @hono/node-server')],
    ]);
    expect(await routes()).toEqual([]);
  });

  it('leaves an upgrade alone, which has a request and no response', async () => {
    const app = new Hono().use(forHono());
    app.get('/', (c) => c.text('ok'));
    const warn = vi.spyOn(diag, 'warn');
    const response = await app.request('/', {}, { incoming: {}, outgoing: undefined });
    expect(await response.text()).toBe('ok');
    expect(warn).not.toHaveBeenCalled();
  });
});

describe('an instrumentation that knows the route', () => {
  it.each([
    ['has the last word', '/from/:instrumentation'],
    ['also where it found none', undefined],
  ])('%s', async (_what, route) => {
    const listener = forHttp((_request, response) => {
      evaluate();
      response.end('ok');
    });
    const app = new Koa().use(forKoa());
    app.use((_ctx, next) => {
      evaluate();
      return next();
    });
    app.use(new Router().get('/own', answer).routes());
    await serve(instrumented(listener, route), '/own');
    await serve(instrumented(app.callback(), route), '/own');
    expect(new Set(await routes())).toEqual(new Set([route]));
    const spans = sdk.spans.getFinishedSpans();
    expect(spans.map(({ attributes }) => attributes['feature_flags.flag'])).toEqual(['on', 'on']);
  });
});
