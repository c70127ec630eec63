import type { RpcMetadata } from '../core/rpc-metadata.js';
import type { Chain } from './express-chain.js';
import { findChains, rootApp, routerOf } from './express-tree.js';

/** What is read of a request; Express 4 and 5 have it all, but nothing is taken for granted. */
export interface RoutedRequest {
  readonly app?: unknown;
  readonly route?: unknown;
  readonly baseUrl?: unknown;
  readonly url?: unknown;
  readonly originalUrl?: unknown;
}

/** The ways to a route that are known. */
interface Known {
  chains: readonly Chain[];
  /** How often it was looked for, by the application that had served it last: that decides what is found. */
  readonly searches: WeakMap<object, number>;
}

/** Stacks may grow, so a route may be looked for again, but not for ever: some are called from closures. */
const MAX_SEARCHES = 4;

const known = new WeakMap<object, Known>();

/**
 * The route's pattern as `http.server.request.duration` has it: what an instrumentation found, and without one what
 * is certain. `req.route.path` leaves out where a router is mounted and `req.baseUrl` is the concrete path, so the
 * way to the route is looked up in the routers, and checked against the path that was asked for.
 *
 * @param entered The application that the request came into first, as far as is known.
 */
export function expressRoute(
  request: RoutedRequest,
  entered: unknown,
  rpc: RpcMetadata | undefined,
): string | undefined {
  // An instrumentation that found no route, for a 404, has the key with no value.
  if (rpc !== undefined && 'route' in rpc) return rpc.route;
  const { route } = request;
  if (typeof route !== 'object' || route === null) return undefined;
  try {
    const root = routerOf(rootApp(entered));
    return root === undefined ? undefined : findRoute(request, root, route);
  } catch {
    // A path that cannot be decoded, or routers that are none of Express's: not certain.
    return undefined;
  }
}

function findRoute(request: RoutedRequest, root: object, route: object): string | undefined {
  let ways = known.get(route);
  if (ways === undefined) {
    ways = { chains: [], searches: new WeakMap() };
    known.set(route, ways);
  }
  const paths = pathsOf(request);
  do {
    for (const path of paths) {
      const fitting = ways.chains.filter((chain) => chain.root === root && chain.fits(path));
      if (fitting.length > 0) return onlyPattern(fitting);
    }
  } while (search(ways, root, route, request.app));
  return undefined;
}

/** Looks for ways that are not known yet; false where there are none. */
function search(ways: Known, root: object, route: object, app: unknown): boolean {
  if (typeof app !== 'function') return false;
  const searches = ways.searches.get(app) ?? 0;
  if (searches === MAX_SEARCHES) return false;
  ways.searches.set(app, searches + 1);
  const added = findChains(root, route, app).filter((found) => !ways.chains.some((one) => one.equals(found)));
  ways.chains = [...ways.chains, ...added];
  return added.length > 0;
}

/** The pattern that all ways agree upon; where they do not, that of the ways whose applications are sure. */
function onlyPattern(chains: readonly Chain[]): string | undefined {
  const patterns = new Set(chains.map((chain) => chain.pattern));
  if (patterns.size === 1) return [...patterns][0];
  const sure = new Set(chains.filter((chain) => chain.isSure).map((chain) => chain.pattern));
  return sure.size === 1 ? [...sure][0] : undefined;
}

/**
 * The path that was routed, and the one that came: a middleware may rewrite the former before the route is found,
 * and a handler afterwards. What routers take off `url` they put into `baseUrl`, and back when they are left.
 */
function pathsOf({ baseUrl, url, originalUrl }: RoutedRequest): readonly string[] {
  const paths: string[] = [];
  if (typeof url === 'string') paths.push((typeof baseUrl === 'string' ? baseUrl : '') + pathname(url));
  if (typeof originalUrl === 'string' && originalUrl !== url) paths.push(pathname(originalUrl));
  return paths;
}

function pathname(url: string): string {
  // Proxies are asked for whole URLs.
  const path = url.startsWith('/') ? url : url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}
