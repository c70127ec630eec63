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

type Matcher = (path: string) => { readonly path: string } | false;

/**
 * The part of `path` that the layer takes, from its beginning, or `undefined` where it does not match. Express's own
 * `layer.match` would do, but in most releases it leaves its result on the layer, which a request under way may
 * still read.
 *
 * @throws URIError where a part of the path cannot be decoded.
 */
export function matchedPath(layer: Layer, path: string): string | undefined {
  const { slash, regexp, matchers } = layer;
  if (slash === true) return '';
  if (isStateful(layer.rawPath) || isStateful(regexp)) return undefined;
  if (regexp instanceof RegExp) {
    // Express 4's mark of what is mounted at `/`.
    if ('fast_slash' in regexp && regexp.fast_slash === true) return '';
    return regexp.exec(path)?.[0];
  }
  for (const matcher of Array.isArray(matchers) ? (matchers as readonly Matcher[]) : []) {
    const match = matcher(path);
    if (match !== false) return match.path;
  }
  return undefined;
}

/** Whether trying it out would change what it does next. */
function isStateful(pattern: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some(isStateful);
  return pattern instanceof RegExp && (pattern.global || pattern.sticky);
}
