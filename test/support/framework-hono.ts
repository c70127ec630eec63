import { Readable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { flagObservability } from '../../src/http/hono.js';
import { evaluate as evaluateNow } from './app-operation.js';
import { evaluate, type FrameworkApp, NESTED, NESTED_AT, ROUTES, type Route } from './framework-routes.js';

const between: MiddlewareHandler = (_c, next) => {
  evaluateNow();
  return next();
};

export function createHono(times: number): FrameworkApp {
  const app = new Hono();
  for (let i = 0; i < times; i += 1) {
    if (i > 0) app.use(between);
    app.use(flagObservability());
  }
  for (const route of ROUTES) add(app, route);
  const nested = new Hono();
  add(nested, NESTED);
  app.route(NESTED_AT, nested);
  app.notFound(async (c) => {
    await evaluate(queryOf(c));
    return c.text('nothing here', 404);
  });
  app.onError((_error, c) => c.text('failed', 500));
  return { listener: getRequestListener(app.fetch) };
}

function add(app: Hono, { method, path, handle }: Route): void {
  app[method](path, (c) => {
    const answer = handle({ query: queryOf(c), body: () => c.req.text() });
    return Promise.resolve(answer).then(({ status = 200, type = 'text/plain', body }) => {
      const sent = typeof body === 'string' ? body : (Readable.toWeb(body) as ReadableStream);
      return new Response(sent, { status, headers: { 'content-type': type } });
    });
  });
}

function queryOf(c: Context): URLSearchParams {
  return new URL(c.req.url).searchParams;
}
