import type { IncomingMessage, ServerResponse } from 'node:http';
import { diag } from '@opentelemetry/api';
import type { Context, MiddlewareHandler, Next } from 'hono';
import { enterRequest, noteException } from './request-operation.js';
import { checkMaker, routeOr, runRequest } from './request-run.js';

/**
 * Hono middleware (4) that makes every request an operation: flags evaluated in it are written on the request's
 * SERVER span, and its duration and outcome are recorded for each of them when the response closes. Add it first.
 * It needs Node's request and response, which `@hono/node-server` gives; on another server it says so once and
 * does nothing. It never changes a request or response and never throws into one.
 *
 * @example
 * ```ts
 * import { serve } from '@hono/node-server';
 * import { Hono } from 'hono';
 * import { flagObservability } from 'telltale/hono';
 *
 * const app = new Hono();
 * app.use(flagObservability());
 * serve({ fetch: app.fetch, port: 3000 });
 * ```
 *
 * @throws TypeError where it is handed to Hono without the call, or a variable `TELLTALE_*` is wrong.
 */
export function flagObservability(...unexpected: never[]): MiddlewareHandler {
  checkMaker(unexpected, 'app.use(flagObservability())');
  return function flagObservabilityMiddleware(c: Context, next: Next): Promise<void> {
    const node = nodeOf(c.env);
    if (node === undefined) return next();
    const { incoming, outgoing } = node;
    const scope = enterRequest(
      'the Hono middleware',
      incoming,
      outgoing,
      routeOr(() => honoRoute(c, outgoing.statusCode)),
    );
    return runRequest(incoming, scope, async () => {
      await next();
      // Hono turns an exception into a response before it gets here.
      if (c.error !== undefined) noteException(incoming, c.error);
    });
  };
}

/**
 * The pattern of the handler that answered. Middleware stands among the routes, under all methods and mostly with
 * `*`; where that answered, or nothing did, there is no route.
 */
function honoRoute({ req }: Context, status: number): string | undefined {
  const route = req.matchedRoutes[req.routeIndex];
  if (route === undefined) return undefined;
  const isOpen = route.path.endsWith('*');
  const isAnyMethod = route.method === 'ALL';
  const isUncertain = status === 404 ? isOpen || isAnyMethod : isOpen && isAnyMethod;
  return isUncertain ? undefined : route.path;
}

interface NodeBindings {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

let isElsewhereTold = false;

function nodeOf(env: unknown): NodeBindings | undefined {
  const { incoming, outgoing } = (env ?? {}) as Partial<NodeBindings>;
  if (incoming !== undefined && outgoing !== undefined) return { incoming, outgoing };
  // The WebSocket upgrade of `@hono/node-server` has a request and no response; nothing of it is measured.
  if (incoming !== undefined || isElsewhereTold) return undefined;
  isElsewhereTold = true;
  diag.warn(
    'telltale: telltale/hono found no request of Node in the context; nothing is measured. ' +
      'Serve the application with @hono/node-server.',
  );
  return undefined;
}
