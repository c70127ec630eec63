import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type express from 'express';
import express5, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { flagErrors, flagObservability } from '../../src/http/express.js';
import { evaluate as evaluateNow } from './app-operation.js';
import {
  type Exchange,
  evaluate,
  type FrameworkApp,
  NESTED,
  NESTED_AT,
  ROUTES,
  type Route,
} from './framework-routes.js';

type Express = typeof express;

const require = createRequire(import.meta.url);
const express4 = require('express4') as Express;

const failed: ErrorRequestHandler = (_error, _request, response, next) => {
  if (response.headersSent) next(_error);
  else response.status(500).end('failed');
};

const between: RequestHandler = (_request, _response, next) => {
  evaluateNow();
  next();
};

function build(framework: Express, times: number): FrameworkApp {
  const app = framework().set('env', 'test');
  for (let i = 0; i < times; i += 1) {
    if (i > 0) app.use(between);
    app.use(flagObservability());
  }
  app.use(framework.text());
  for (const route of ROUTES) app[route.method](route.path, handler(route));
  const nested = framework.Router();
  nested[NESTED.method](NESTED.path, handler(NESTED));
  app.use(NESTED_AT, nested);
  app.use(async (request, response) => {
    await evaluate(queryOf(request.url));
    response.status(404).end('nothing here');
  });
  app.use(flagErrors(), failed);
  return { listener: app as unknown as RequestListener };
}

function handler({ handle }: Route): RequestHandler {
  return (request, response, next) => {
    const exchange: Exchange = { query: queryOf(request.url), body: async () => request.body };
    Promise.resolve(handle(exchange))
      .then(({ status = 200, type = 'text/plain', body }) => {
        response.status(status).type(type);
        if (typeof body === 'string') response.end(body);
        else body.on('error', () => response.destroy(body.errored ?? undefined)).pipe(response);
      })
      // Express 4 knows nothing of promises.
      .catch(next);
  };
}

function queryOf(url: string): URLSearchParams {
  return new URL(url, 'http://localhost').searchParams;
}

export const createExpress5 = (times: number): FrameworkApp => build(express5, times);
export const createExpress4 = (times: number): FrameworkApp => build(express4, times);
