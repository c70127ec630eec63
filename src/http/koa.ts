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

/** What `@koa/router` keeps of a route, or of a middleware added to it, which has no methods. */
interface Layer {
  readonly path?: unknown;
  readonly methods?: readonly unknown[];
}

/**
 * The pattern of the route that was reached. `_matchedRoute` is that of the layer that ran last: a middleware's,
 * which is none, where it answered before the route, or where the route passed on to it.
 */
function koaRoute(ctx: Context): string | undefined {
  const path = '_matchedRoute' in ctx ? ctx['_matchedRoute'] : undefined;
  const layers: unknown = 'matched' in ctx ? ctx['matched'] : undefined;
  if (!Array.isArray(layers)) return undefined;
  const isRoute = ({ methods }: Layer): boolean => methods?.includes(ctx.method) === true;
  const isLast = (layer: Layer): boolean => layer.path === path;
  const last = layers.find((layer: Layer) => isLast(layer) && isRoute(layer));
  const before = Math.max(0, layers.findIndex(isLast));
  const route: Layer | undefined = last ?? layers.slice(0, before).findLast(isRoute);
  return typeof route?.path === 'string' ? route.path : undefined;
}
