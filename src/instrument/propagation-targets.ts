import { type Authority, canonicalHost, parseAuthority } from '../core/hosts.js';

/** What is read of Node's `ClientRequest`. */
export interface HttpRequest {
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
  /** Set where it goes to a Unix socket, which no rule means. */
  readonly socketPath?: unknown;
  getHeader(name: string): unknown;
}

/** What is read of undici's request, the one behind `fetch`. */
export interface FetchRequest {
  readonly origin: unknown;
  readonly path: string;
  /** The `Host` header, where the application set one. */
  readonly host?: unknown;
}

/** Everyone a request names as its receiver; `undefined` for one that is not known. */
export type Targets = readonly (Authority | undefined)[];

const NOBODY: Targets = [undefined];

/** Who gets a request of `node:http` or `node:https`: the host it connects to, and who it says is meant. */
export function httpTargets(request: HttpRequest): Targets {
  if (request.socketPath !== undefined) return NOBODY;
  const usualPort = request.protocol === 'https:' ? 443 : 80;
  const header = request.getHeader('host');
  const named = typeof header === 'string' ? parseAuthority(header, usualPort) : undefined;
  const host = canonicalHost(request.host);
  if (host === undefined || (header !== undefined && named === undefined)) return NOBODY;
  // Nothing public has the port it connects to, but the header that Node makes of host and port.
  const connected = { host, port: named?.host === host ? named.port : undefined };
  return [connected, ...(named === undefined ? [] : [named]), ...absoluteTarget(request.path)];
}

/** Who gets a request of `fetch` or undici; each hop of a redirect is a request of its own. */
export function fetchTargets(request: FetchRequest): Targets {
  const origin = URL.parse(String(request.origin));
  if (origin === null) return NOBODY;
  const { host } = request;
  const named = typeof host === 'string' ? [parseAuthority(host, usualPortOf(origin))] : [];
  return [authorityOf(origin), ...named, ...absoluteTarget(request.path)];
}

/**
 * A proxy is asked for a whole URL, and passes the headers on to its host. For a tunnel it is asked for `host:port`,
 * which is the URL of nobody.
 */
function absoluteTarget(path: string): Targets {
  if (path.startsWith('/')) return [];
  const url = URL.parse(path);
  return url === null ? NOBODY : [authorityOf(url)];
}

function authorityOf(url: URL): Authority | undefined {
  return parseAuthority(url.host, usualPortOf(url));
}

function usualPortOf(url: URL): number {
  return url.protocol === 'https:' ? 443 : 80;
}
