import { AsyncLocalStorage } from 'node:async_hooks';
import { pipeline, Readable } from 'node:stream';
import { OpenFeature } from '@openfeature/server-sdk';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import type { Histogram } from '@opentelemetry/sdk-metrics';
import express, { type RequestHandler } from 'express';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flagObservability } from '../../src/http/express.js';
import { listen } from '../support/app-listen.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, provideFlag, served } from '../support/app-served.js';

let sdk: Sdk;

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
});

describe('the middleware', () => {
  it('measures once where it is registered twice', async () => {
    const app = express().use(flagObservability(), flagObservability());
    const evaluate: RequestHandler = async (_request, _response, next) => {
      await OpenFeature.getClient().getBooleanValue('flag', false);
      next();
    };
    app.get('/', evaluate, flagObservability(), answer);
    const points = await served(sdk, app, '/');
    expect(points.map((point) => (point.value as Histogram).count)).toEqual([1]);
  });

  it('finds the scope again where the context was lost between two registrations', async () => {
    const outside = AsyncLocalStorage.snapshot();
    const app = express().use(flagObservability());
    app.use((_request, _response, next) => outside(() => next()));
    app.get('/lost', answer);
    app.get('/found', flagObservability(), answer);
    expect(await served(sdk, app, '/lost')).toEqual([]);
    expect(await served(sdk, app, '/found')).toHaveLength(1);
  });

  it('records nothing for a request that evaluated nothing', async () => {
    const app = express().use(flagObservability());
    app.get('/', (_request, response) => void response.end('ok'));
    expect(await served(sdk, app, '/')).toEqual([]);
  });

  it('sees an event stream whose type only went to writeHead', async () => {
    const app = express().disable('x-powered-by').use(flagObservability());
    app.get('/', async (_request, response) => {
      await OpenFeature.getClient().getBooleanValue('flag', false);
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end('data: 1\n\n');
    });
    expect(await served(sdk, app, '/')).toEqual([]);
  });

  it('takes a SERVER span of another instrumentation, and its status for an error', async () => {
    const app = express();
    const span = trace.getTracer('test').startSpan('GET', { kind: SpanKind.SERVER });
    app.use((_request, _response, next) => context.with(trace.setSpan(ROOT_CONTEXT, span), next));
    app.use(flagObservability());
    app.get('/', async (_request, response) => {
      await OpenFeature.getClient().getBooleanValue('flag', false);
      span.setStatus({ code: SpanStatusCode.ERROR });
      response.end('ok');
    });
    const [point] = await served(sdk, app, '/');
    span.end();
    expect(point?.attributes).toMatchObject({ 'error.type': '_OTHER', 'http.response.status_code': 200 });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toEqual({ 'feature_flags.flag': 'on' });
  });

  it('writes on the entry span of the HTTP instrumentation, not on the active one', async () => {
    const tracer = trace.getTracer('test');
    const entry = tracer.startSpan('GET', { kind: SpanKind.SERVER });
    const active = tracer.startSpan('middleware');
    const requestContext = setRPCMetadata(ROOT_CONTEXT, { type: RPCType.HTTP, span: entry });
    const app = express();
    app.use((_request, _response, next) => context.with(trace.setSpan(requestContext, active), next));
    // Evaluated before the middleware: the same operation all the same.
    app.use(async (_request, _response, next) => {
      await OpenFeature.getClient().getBooleanValue('early', false);
      next();
    });
    app.use(flagObservability());
    app.get('/', answer);
    const points = await served(sdk, app, '/');
    active.end();
    entry.end();
    const [first, second] = sdk.spans.getFinishedSpans();
    expect(first?.attributes).toEqual({});
    expect(second?.attributes).toEqual({ 'feature_flags.early': 'false', 'feature_flags.flag': 'on' });
    expect(points.map((point) => point.attributes['feature_flag.key'])).toEqual(['early', 'flag']);
  });

  it('never writes on an INTERNAL span', async () => {
    const app = express();
    const span = trace.getTracer('test').startSpan('work');
    app.use((_request, _response, next) => context.with(trace.setSpan(ROOT_CONTEXT, span), next));
    app.use(flagObservability());
    app.get('/', answer);
    await served(sdk, app, '/');
    span.end();
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toEqual({});
  });

  it('takes a response that the application broke off for an error, not for a client gone', async () => {
    const app = express().use(flagObservability());
    app.get('/', async (_request, response) => {
      await OpenFeature.getClient().getBooleanValue('flag', false);
      response.write('half of it');
      const source = new Readable({
        read() {
          this.destroy(new RangeError('the source dried up'));
        },
      });
      pipeline(source, response, () => {});
    });
    const [point] = await served(sdk, app, '/');
    expect(point?.attributes).toMatchObject({ 'error.type': 'RangeError', 'http.response.status_code': 200 });
    expect(point?.attributes).not.toHaveProperty('telltale.outcome');
  });

  it.each([
    ['throws after the first byte', undefined],
    ['destroys the response', 'destroy'],
  ])('takes a handler that %s for an error', async (_what, destroy) => {
    const app = express().use(flagObservability());
    app.get('/', async (_request, response) => {
      await OpenFeature.getClient().getBooleanValue('flag', false);
      response.write('half of it');
      if (destroy === undefined) throw new RangeError('the other half is gone');
      response.destroy();
    });
    // Express prints the stack of what reaches its last handler.
    app.set('env', 'test');
    const [point] = await served(sdk, app, '/');
    expect(point?.attributes['error.type']).toBe('_OTHER');
    expect(point?.attributes).not.toHaveProperty('telltale.outcome');
  });

  it('has the method that came, not the one that a middleware made of it', async () => {
    const app = express().use(flagObservability());
    app.get('/', async (request, response) => {
      request.method = 'DELETE';
      await OpenFeature.getClient().getBooleanValue('flag', false);
      response.end('ok');
    });
    const [point] = await served(sdk, app, '/');
    expect(point?.attributes['http.request.method']).toBe('GET');
  });

  it('says how to add it where it was added without the call', async () => {
    const app = express()
      .set('env', 'test')
      .use(flagObservability as never);
    await using server = await listen(app);
    expect(await (await fetch(server.url)).text()).toContain('write app.use(flagObservability())');
  });

  it('leaves an evaluation after the response out of the operation, once and for all', async () => {
    const client = OpenFeature.getClient();
    let later: () => Promise<boolean> = async () => false;
    const app = express().use(flagObservability());
    app.get('/', async (_request, response) => {
      await client.getBooleanValue('flag', false);
      later = AsyncLocalStorage.bind(() => client.getBooleanValue('flag', false));
      response.end('ok');
    });
    expect(await served(sdk, app, '/')).toHaveLength(1);
    const before = sdk.logs.getFinishedLogRecords().length;
    await later();
    await later();
    // A timer that goes on must not write a record each time.
    expect(sdk.logs.getFinishedLogRecords()).toHaveLength(before);
    expect((await sdk.points('feature_flag.evaluations'))[0]?.value).toBe(3);
    expect(await sdk.points('telltale.operation.duration')).toHaveLength(1);
  });

  it('names the error that broke a response', async () => {
    const app = express().use(flagObservability());
    app.get('/', async (_request, response) => {
      await OpenFeature.getClient().getBooleanValue('flag', false);
      response.on('error', () => {});
      response.end('ok');
      response.emit('error', new RangeError('the pipe burst'));
    });
    const [point] = await served(sdk, app, '/');
    expect(point?.attributes['error.type']).toBe('RangeError');
  });
});
