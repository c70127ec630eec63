import { type Layer, matchedPath } from './express-layer.js';
import { joinPatterns, patternText, registeredPattern } from './express-pattern.js';

/** A layer on the way to a route, that hands the request on to a router or a mounted application. */
export interface Mount {
  readonly layer: Layer;
  /** Where the mounted application says it is, `app.mountpath`; the layer may be another application's. */
  readonly mountpath?: unknown;
}

/** One way from the root router to a route. */
export class Chain {
  readonly root: object;
  /** The whole pattern, or `undefined` where a part of it is unknown. */
  readonly pattern: string | undefined;
  /** Whether all its mounted applications are known to be where they are mounted. */
  readonly isSure: boolean;
  readonly #mounts: readonly Mount[];
  readonly #leaf: Layer;

  /** @param routePath The route's own pattern, `route.path`. */
  constructor(root: object, mounts: readonly Mount[], leaf: Layer, routePath: unknown) {
    this.root = root;
    this.#mounts = mounts;
    this.#leaf = leaf;
    const patterns = [...mounts.map(mountPattern), patternText(routePath)];
    this.pattern = patterns.every((pattern) => pattern !== undefined) ? joinPatterns(patterns) : undefined;
    this.isSure = mounts.every(
      (mount) => mount.mountpath === undefined || patternText(mount.mountpath) === mountPattern(mount),
    );
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
      const taken = matchedPath(layer, rest);
      if (taken === undefined || !isPrefix(taken, rest)) return false;
      rest = afterPrefix(rest, taken.length);
    }
    return matchedPath(this.#leaf, rest) !== undefined;
  }
}

/** Routers 2.0 to 2.2 keep patterns in closures; there only what a mounted application says of itself is known. */
function mountPattern({ layer, mountpath }: Mount): string | undefined {
  return registeredPattern(layer) ?? patternText(mountpath);
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
