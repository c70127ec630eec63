import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { flagObservability } from '../../src/http/koa.js';
import { evaluate as evaluateNow } from './app-operation.js';
import {
  evaluate,
  type FrameworkApp,
  NESTED,
  NESTED_AT,
  ROUTES,
  type Route,
  readByEvents,
} from './framework-routes.js';

const between: Middleware = (_ctx, next) => {
  evaluateNow();
  return next();
};

export function createKoa(times: number): FrameworkApp {
  const app = new Koa();
  // It prints the stack of what reaches it, unless somebody listens.
  app.on('error', () => {});
  for (let i = 0; i < times; i += 1) {
    if (i > 0) app.use(between);
    app.use(flagObservability());
  }
  const router = new Router();
  for (const route of ROUTES) add(router, route);
  const nested = new Router({ prefix: NESTED_AT });
  add(nested, NESTED);
  app.use(router.routes()).use(router.allowedMethods()).use(nested.routes());
  app.use(async (ctx) => {
    await evaluate(ctx.URL.searchParams);
    ctx.status = 404;
    ctx.body = 'nothing here';
  });
  return { listener: app.callback() };
}

function add(router: Router, { method, path, handle }: Route): void {
  router[method](path, (ctx: Context) => {
    const answer = handle({ query: ctx.URL.searchParams, body: () => readByEvents(ctx.req) });
    return Promise.resolve(answer).then(({ status = 200, type = 'text/plain', body }) => {
      ctx.status = status;
      ctx.type = type;
      ctx.body = body;
    });
  });
}
