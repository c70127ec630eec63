import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import type { Express, RequestHandler } from 'express';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { storedScope } from '../../src/core/scope.js';
import { flagObservability } from '../../src/http/express.js';
import { EXPRESS_4, EXPRESS_5 } from '../support/app-express.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { answer, provideFlag, served } from '../support/app-served.js';

let sdk: Sdk;

beforeAll(provideFlag);
beforeEach(() => {
  sdk = installSdk();
});

/** Hands the application a request in this very turn, as tools for tests do that open no connection. */
function inject(app: Express, url: string): void {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = url;
  app(request, new ServerResponse(request));
}

/** What packages make of a handler that wrap it and are careful to look the same: `express-async-errors`, `dd-trace`. */
function wrapped(handler: RequestHandler): RequestHandler {
  const wrapper: RequestHandler = (...args) => handler(...args);
  return Object.defineProperty(wrapper, 'length', { value: handler.length });
}

describe.each([EXPRESS_5, EXPRESS_4])('the middleware in $name', (kit) => {
  it('is at work in the turn it was registered in', () => {
    const scopes: unknown[] = [];
    const app = kit.createApp().use(flagObservability());
    app.get('/', () => void scopes.push(storedScope()));
    inject(app, '/');
    expect(scopes).toEqual([expect.objectContaining({ ended: false })]);
  });

  it('is at work where something wraps it and copies its length', async () => {
    const app = kit.createApp().use(wrapped(flagObservability())).get('/', answer);
    expect(await served(sdk, app, '/')).toHaveLength(1);
    expect(await served(sdk, app, '/')).toHaveLength(1);
  });

  it('has the length of a request handler, before and after the first request', async () => {
    const middleware = flagObservability();
    expect(middleware).toHaveLength(3);
    await served(sdk, kit.createApp().use(middleware).get('/', answer), '/');
    expect(middleware).toHaveLength(3);
    expect(Object.getOwnPropertyDescriptor(middleware, 'length')).toMatchObject({ value: 3 });
  });

  it('is at work where stacks are switched off', async () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      const app = kit.createApp().use(flagObservability()).get('/', answer);
      expect(await served(sdk, app, '/')).toHaveLength(1);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});

describe('the real instrumentation', () => {
  it('leaves the middleware as it is, and it is at work', async () => {
    const [definition] = new ExpressInstrumentation().getModuleDefinitions();
    const express = EXPRESS_4;
    definition?.patch?.(express.module, '4.22.1');
    const other: RequestHandler = (_request, _response, next) => next();
    const middleware = flagObservability();
    const app = express.createApp().use(middleware).use(other).get('/', answer);
    const stack = (app as unknown as { _router: { stack: { handle: unknown }[] } })._router.stack;
    const handlers = stack.map((layer) => layer.handle);
    expect(handlers).toContain(middleware);
    expect(handlers).not.toContain(other);
    expect(await served(sdk, app, '/')).toHaveLength(1);
    definition?.unpatch?.(express.module, '4.22.1');
  });
});
