/**
 * What is read of a router's layers. None of it is documented, and it differs between Express's routers, so that
 * nothing is taken for granted.
 */
export interface Layer {
  readonly name?: unknown;
  readonly handle?: unknown;
  readonly route?: unknown;
  /** The pattern as it was registered: Express 5 with router 2.3 or later. */
  readonly rawPath?: unknown;
  /** One for each of its patterns: Express 5. */
  readonly matchers?: unknown;
  /** Whether it is mounted at `/`: Express 5. */
  readonly slash?: unknown;
  /** Express 4: the pattern compiled, or the very one that was registered. */
  readonly regexp?: unknown;
  /** Express 4: the names of what `regexp` captures. */
  readonly keys?: unknown;
}

/** What a pattern makes of a path. */
export interface Match {
  /** The part that it took, from the beginning. */
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

type Matcher = (path: string) => Match | false;

const NO_PARAMS: Match['params'] = {};

/**
 * What the layer takes of `path`, or `undefined` where it does not match. Express's own `layer.match` would do, but
 * in most releases it leaves its result on the layer, which a request under way may still read.
 *
 * @throws URIError where a part of the path cannot be decoded.
 */
export function matchLayer(layer: Layer, path: string): Match | undefined {
  if (layer.slash === true) return { path: '', params: NO_PARAMS };
  if (layer.regexp !== undefined) return matchRegexp(layer.regexp, path);
  for (const matcher of matchersOf(layer)) {
    const match = matcher(path);
    if (match !== false) return match;
  }
  return undefined;
}

/** The layer's patterns as functions. */
export function matchersOf(layer: Layer): readonly Matcher[] {
  return Array.isArray(layer.matchers) && !isStateful(layer.rawPath) ? layer.matchers : [];
}

/** Whether trying it out would change what it does next. */
function isStateful(pattern: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some(isStateful);
  return pattern instanceof RegExp && (pattern.global || pattern.sticky);
}

function matchRegexp(regexp: unknown, path: string): Match | undefined {
  if (!(regexp instanceof RegExp) || isStateful(regexp)) return undefined;
  // Express 4's mark of what is mounted at `/`.
  if ('fast_slash' in regexp && regexp.fast_slash === true) return { path: '', params: NO_PARAMS };
  const match = regexp.exec(path);
  return match === null ? undefined : { path: match[0], params: NO_PARAMS };
}
