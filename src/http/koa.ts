import type { Context, Middleware, Next } from 'koa';
import { enterRequest } from './request-operation.js';
import { checkMaker, routeOr, runRequest } from './request-run.js';

/**
 * Koa middleware (2 and 3) that makes every request an operation: flags evaluated in it are written on the
 * request's SERVER span, and its duration and outcome are recorded for each of them when the response closes. Add
 * it first. It never changes a request or response and never throws into one; what comes after it is rethrown as
 * it is. Routes are those of `@koa/router`.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { flagObservability } from 'telltale/koa';
 *
 * const app = new Koa();
 * app.use(flagObservability());
 * ```
 *
 * @throws TypeError where it is handed to Koa without the call, or a variable `TELLTALE_*` is wrong.
 */
export function flagObservability(...unexpected: never[]): Middleware {
  checkMaker(unexpected, 'app.use(flagObservability())');
  return function flagObservabilityMiddleware(ctx: Context, next: Next): Promise<unknown> {
    const scope = enterRequest(
      'the Koa middleware',
      ctx.req,
      ctx.res,
      routeOr(() => koaRoute(ctx)),
    );
    return runRequest(ctx.req, scope, next);
  };
}

/** What `@koa/router` keeps of a route or of a middleware added to it, which has no methods. */
interface Layer {
  readonly path?: unknown;
  readonly methods?: readonly unknown[];
}

/**
 * The pattern of the route that was reached. Where a router's own middleware answered, `_matchedRoute` is where
 * that is mounted, which is no route.
 */
function koaRoute(ctx: object): string | undefined {
  const path = '_matchedRoute' in ctx ? ctx._matchedRoute : undefined;
  const layers: unknown = 'matched' in ctx ? ctx.matched : undefined;
  if (typeof path !== 'string' || !Array.isArray(layers)) return undefined;
  const isRoute = layers.some((layer: Layer) => layer.path === path && layer.methods?.length !== 0);
  return isRoute ? path : undefined;
}
