import type { RpcMetadata } from '../core/rpc-metadata.js';

/** What is read of a request; Express 4 and 5 have it all, but nothing is taken for granted. */
export interface RoutedRequest {
  readonly app?: unknown;
  readonly route?: unknown;
}

interface Layer {
  readonly route?: unknown;
}

// Routers, and the routes that stand in their own stack. A route found once stays; the stack may still grow.
const routes = new WeakMap<object, WeakSet<object>>();

/**
 * The route's pattern as `http.server.request.duration` has it: what an instrumentation found, and without one
 * only what is certain. `req.route.path` leaves out where a router is mounted, so it is the whole pattern only
 * for a route of the root application; `req.baseUrl` is the concrete path and no pattern at all.
 */
export function expressRoute(request: RoutedRequest, rpc: RpcMetadata | undefined): string | undefined {
  // An instrumentation that found no route, for a 404, has the key with no value.
  if (rpc !== undefined && 'route' in rpc) return rpc.route;
  const { route } = request;
  if (!isObject(route) || !('path' in route) || typeof route.path !== 'string') return undefined;
  const router = rootRouter(request.app);
  return router !== undefined && standsIn(router, route) ? route.path : undefined;
}

function rootRouter(app: unknown): object | undefined {
  let root = app;
  // An application mounted in another one has that as its parent.
  for (let depth = 0; depth < 32 && isApp(root) && 'parent' in root && isApp(root.parent); depth += 1) {
    root = root.parent;
  }
  if (!isApp(root)) return undefined;
  // Express 4 keeps it in `_router`, and its `router` throws when read. In 5 it is `router`.
  const router = '_router' in root ? root._router : 'router' in root ? root.router : undefined;
  return isApp(router) ? router : undefined;
}

function standsIn(router: object, route: object): boolean {
  let known = routes.get(router);
  if (known === undefined) {
    known = new WeakSet();
    routes.set(router, known);
  }
  if (known.has(route)) return true;
  const stack: unknown = 'stack' in router ? router.stack : undefined;
  if (!Array.isArray(stack) || !stack.some((layer: Layer) => layer.route === route)) return false;
  known.add(route);
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Express's applications and routers are functions. */
function isApp(value: unknown): value is object {
  return typeof value === 'function' || isObject(value);
}
