import { Chain, type Mount } from './express-chain.js';
import type { Layer } from './express-layer.js';

/** Routers within routers, at most; also what ends a router that is mounted in itself. */
const MAX_DEPTH = 32;

/** Ways to one route that are told apart. */
const MAX_CHAINS = 64;

/** Layers looked at in one search. */
const MAX_LAYERS = 20_000;

/** The application that no other one has mounted. */
export function rootApp(app: unknown): unknown {
  let root = app;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const parent = parentOf(root);
    if (parent === undefined) return root;
    root = parent;
  }
  return undefined;
}

/** The router that an application keeps its routes in. */
export function routerOf(app: unknown): object | undefined {
  if (!isHandler(app)) return undefined;
  // Express 4 makes it lazily, in `_router`; its `router` throws when read.
  const router = 'lazyrouter' in app ? (app as AppOf4)._router : 'router' in app ? app.router : undefined;
  return isHandler(router) ? router : undefined;
}

interface AppOf4 {
  readonly _router?: unknown;
}

/**
 * All ways from `root` to `route`.
 *
 * @param app The application that served the request last: Express hides mounted applications in closures, but
 * each knows its parent.
 */
export function findChains(root: object, route: object, app: unknown): Chain[] {
  const chains: Chain[] = [];
  const mounted = mountedOnTheWay(app);
  let budget = MAX_LAYERS;

  function search(router: object, mounts: readonly Mount[]): void {
    const stack: unknown = 'stack' in router ? router.stack : undefined;
    if (!Array.isArray(stack) || mounts.length > MAX_DEPTH) return;
    for (const layer of stack as readonly Layer[]) {
      budget -= 1;
      if (budget < 0 || chains.length >= MAX_CHAINS) return;
      if (layer.route === route) {
        chains.push(new Chain(root, mounts, layer, 'path' in route ? route.path : undefined));
      }
      const inside = layer.route === undefined ? insideOf(layer, router, mounted) : undefined;
      if (inside !== undefined) search(inside.router, [...mounts, inside.mount]);
    }
  }

  search(root, []);
  return chains;
}

interface Inside {
  readonly router: object;
  readonly mount: Mount;
}

function insideOf(layer: Layer, router: object, mounted: ReadonlyMap<object, object>): Inside | undefined {
  // What `app.use(path, otherApp)` registers in place of the other application.
  if (layer.name === 'mounted_app') {
    const app = mounted.get(router);
    const own = routerOf(app);
    if (app === undefined || own === undefined) return undefined;
    return { router: own, mount: { layer, mountpath: 'mountpath' in app ? app.mountpath : undefined } };
  }
  const { handle } = layer;
  if (!isHandler(handle)) return undefined;
  const own = 'stack' in handle ? handle : routerOf(handle);
  return own === undefined ? undefined : { router: own, mount: { layer } };
}

/** The mounted applications a request went through, by the router they are mounted in. */
function mountedOnTheWay(app: unknown): ReadonlyMap<object, object> {
  const mounted = new Map<object, object>();
  let child = app;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const parent = parentOf(child);
    const router = routerOf(parent);
    if (router === undefined || !isHandler(child)) break;
    mounted.set(router, child);
    child = parent;
  }
  return mounted;
}

function parentOf(app: unknown): object | undefined {
  return isHandler(app) && 'parent' in app && isHandler(app.parent) ? app.parent : undefined;
}

/** Express's applications and routers are functions. */
function isHandler(value: unknown): value is object {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}
