import type { ErrorRequestHandler, Express, RequestHandler } from 'express';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flagErrors, flagObservability } from '../../src/http/express.js';
import { EXPRESS_4, EXPRESS_5 } from '../support/app-express.js';
import { listen } from '../support/app-listen.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, evaluate, provideFlag, served } from '../support/app-served.js';

let sdk: Sdk;

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
});

/** The record of the one request that failed, or `undefined` where none did. */
function failure(): Record<string, unknown> | undefined {
  const records = sdk.logs.getFinishedLogRecords();
  const failed = records.filter((record) => record.eventName === 'telltale.operation.failed');
  expect(failed.length).toBeLessThanOrEqual(1);
  return failed[0]?.attributes;
}

const evaluating: RequestHandler = (_request, _response, next) => {
  evaluate().then(() => next(), next);
};

describe.each([EXPRESS_5, EXPRESS_4])('flagErrors() in $name', (kit) => {
  function createApp(error: unknown): Express {
    const app = kit.createApp().set('env', 'test').use(flagObservability()).use(evaluating);
    app.get('/:id', (_request, _response, next) => next(error));
    return app;
  }

  it('gives the record of the failed operation the class of the exception', async () => {
    const app = createApp(new RangeError('sold out')).use(flagErrors());
    await served(sdk, app, '/1');
    expect(failure()).toEqual({
      'error.type': '500',
      'exception.type': 'RangeError',
      'feature_flags.flag': 'on',
      'http.route': '/:id',
    });
  });

  it('is what gives it: without it the record has none', async () => {
    await served(sdk, createApp(new RangeError('sold out')), '/1');
    expect(failure()).toMatchObject({ 'error.type': '500' });
    expect(failure()).not.toHaveProperty('exception.type');
  });

  it('passes the very error on', async () => {
    const error = new RangeError('sold out');
    const seen: unknown[] = [];
    const app = createApp(error).use(flagErrors());
    const last: ErrorRequestHandler = (given, _request, response, _next) => {
      seen.push(given);
      response.sendStatus(503);
    };
    app.use(last);
    await served(sdk, app, '/1');
    expect(seen).toEqual([error]);
    expect(seen[0]).toBe(error);
    expect(failure()).toMatchObject({ 'error.type': '503', 'exception.type': 'RangeError' });
  });

  it('makes no failure of an error that is answered with a status below 500', async () => {
    const app = createApp(Object.assign(new Error('no such thing'), { status: 404 })).use(flagErrors());
    const [point] = await served(sdk, app, '/1');
    expect(point?.attributes).toMatchObject({ 'http.response.status_code': 404 });
    expect(failure()).toBeUndefined();
  });

  it('takes whatever is thrown', async () => {
    await served(sdk, createApp('a text').use(flagErrors()), '/1');
    expect(failure()).toMatchObject({ 'exception.type': 'string' });
    sdk = installSdk();
    const hostile = Object.defineProperty(new Error('odd'), 'name', {
      get() {
        throw new Error('no name today');
      },
    });
    // Express's own last handler would read the name, too.
    const last: ErrorRequestHandler = (_error, _request, response, _next) => {
      response.sendStatus(500);
    };
    const app = createApp(hostile).use(flagErrors()).use(last);
    expect(await served(sdk, app, '/1')).toHaveLength(1);
    expect(failure()).toMatchObject({ 'error.type': '500' });
  });

  it('stays out of requests that the middleware has not seen', async () => {
    const app = kit.createApp().set('env', 'test');
    app.get('/:id', (_request, _response, next) => next(new RangeError('sold out')));
    app.use(flagErrors());
    await using server = await listen(app);
    const response = await fetch(`${server.url}/1`);
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('sold out')]);
  });

  it('says how to add it where it was added without the call', async () => {
    const app = kit.createApp().set('env', 'test');
    app.use(flagErrors as never);
    app.get('/', answer);
    await using server = await listen(app);
    expect(await (await fetch(server.url)).text()).toContain('write app.use(flagErrors())');
  });
});
