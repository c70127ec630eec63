import { type Layer, matchLayer } from './express-layer.js';
import { joinPatterns, patternText, registeredPattern } from './express-pattern.js';
import { type Probed, probePattern } from './express-probe.js';

/** A layer on the way to a route, that hands the request on to a router or a mounted application. */
export interface Mount {
  readonly layer: Layer;
  /** Where the mounted application says it is, `app.mountpath`; the layer may be another application's. */
  readonly mountpath?: unknown;
}

/** Odd paths may leave a pattern open that another one tells; trying for ever would cost every request. */
const MAX_PROBES = 4;

/** One way from the root router to a route. */
export class Chain {
  readonly root: object;
  readonly #mounts: readonly Mount[];
  readonly #leaf: Layer;
  readonly #routePattern: string | undefined;
  #pattern: string | undefined;
  #isSure = true;
  #probes = 0;
  readonly #probed: Map<Layer, Probed> = new Map();

  /** @param routePath The route's own pattern, `route.path`. */
  constructor(root: object, mounts: readonly Mount[], leaf: Layer, routePath: unknown) {
    this.root = root;
    this.#mounts = mounts;
    this.#leaf = leaf;
    this.#routePattern = patternText(routePath);
  }

  /** Whether all its mounted applications are known to be where they are mounted. */
  get isSure(): boolean {
    return this.#isSure;
  }

  /** Whether it is the same way as another; no layer is in two routers. */
  equals(other: Chain): boolean {
    return (
      this.#leaf === other.#leaf &&
      this.#mounts.length === other.#mounts.length &&
      this.#mounts.every(({ layer }, index) => layer === other.#mounts[index]?.layer)
    );
  }

  /** Whether a request for `path` goes this way, as far as the patterns decide. */
  fits(path: string): boolean {
    let rest = path;
    for (const { layer } of this.#mounts) {
      const taken = matchLayer(layer, rest)?.path;
      if (taken === undefined || !isPrefix(taken, rest)) return false;
      if (this.#probed.get(layer)?.shape.test(taken) === false) return false;
      rest = afterPrefix(rest, taken.length);
    }
    return matchLayer(this.#leaf, rest) !== undefined;
  }

  /** The whole pattern, or `undefined` where a part of it is unknown. `path` has to fit. */
  pattern(path: string): string | undefined {
    if (this.#pattern !== undefined || this.#routePattern === undefined || this.#probes === MAX_PROBES) {
      return this.#pattern;
    }
    this.#probes += 1;
    const patterns: string[] = [];
    let rest = path;
    for (const mount of this.#mounts) {
      const taken = matchLayer(mount.layer, rest)?.path ?? '';
      const pattern = this.#mountPattern(mount, taken);
      if (pattern === undefined) return undefined;
      patterns.push(pattern);
      rest = afterPrefix(rest, taken.length);
    }
    this.#pattern = joinPatterns([...patterns, this.#routePattern]);
    return this.#pattern;
  }

  #mountPattern({ layer, mountpath }: Mount, taken: string): string | undefined {
    const registered = registeredPattern(layer);
    const own = patternText(mountpath);
    if (registered !== undefined) {
      if (mountpath !== undefined && own !== registered) this.#isSure = false;
      return registered;
    }
    const probed = probePattern(layer, taken);
    if (probed === undefined) return undefined;
    this.#probed.set(layer, probed);
    // What was probed has no letter case, but the application itself knows.
    if (own?.toLowerCase() === probed.pattern.toLowerCase()) return own;
    if (mountpath !== undefined) this.#isSure = false;
    return probed.pattern;
  }
}

/** As Express does, and goes on to the next layer where it is not. In 4 a dot ends a prefix too. */
function isPrefix(taken: string, path: string): boolean {
  if (!path.startsWith(taken)) return false;
  const next = path[taken.length];
  return taken === '' || next === undefined || next === '/' || next === '.';
}

function afterPrefix(path: string, length: number): string {
  const rest = path.slice(length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
