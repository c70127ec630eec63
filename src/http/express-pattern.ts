import type { Layer } from './express-layer.js';

/**
 * The text of a pattern as it was registered, the way `@opentelemetry/instrumentation-express` writes it, or
 * `undefined` for what is no pattern.
 */
export function patternText(pattern: unknown): string | undefined {
  if (Array.isArray(pattern)) return pattern.flat(Number.POSITIVE_INFINITY).map(String).join(',');
  return typeof pattern === 'string' || pattern instanceof RegExp ? String(pattern) : undefined;
}

/** Joins the patterns of the mounts and of the route to `http.route`, as the instrumentation does. */
export function joinPatterns(patterns: readonly string[]): string {
  const joined = patterns
    // What takes nothing of the path, or all that is left.
    .filter((pattern) => pattern !== '/' && pattern !== '/*' && !/^\/\{\*[^}]*\}$/.test(pattern))
    .join('')
    .replace(/\/{2,}/g, '/');
  return joined === '*' || joined.startsWith('/') ? joined : `/${joined}`;
}

/** The pattern a layer was registered with, where the layer still tells. */
export function registeredPattern(layer: Layer): string | undefined {
  if (layer.rawPath !== undefined) return patternText(layer.rawPath);
  if (layer.slash === true) return '/';
  return layer.regexp instanceof RegExp ? decompile(layer.regexp, layer.keys) : undefined;
}

/** Every pattern that Express 4 compiles for a mount ends so. */
const END = '\\/?(?=\\/|$)';

/** A part of a compiled pattern: a parameter, `*`, or a character that stands for itself. */
const PART =
  /\(\?:(\\\/)?(\\\.)?\(((?:[^()[\]/]|\[\^\/(?:\\\.)?\])+|\(\?:\(\?!\\\/\|[^()]*\)\.\)\+\?)\)\)(\?)?|(\(\.\*\))|\\([/.])|([^\\^$.*+?()[\]{}|/])/y;

/** What a parameter without an expression of its own becomes. */
const ANY_VALUE = /^\[\^\/(?:\\\.)?\]\+\?$|^\(\?:/;

/**
 * Express 4 keeps its patterns only in the form that path-to-regexp 0.1 made of them. What that leaves alone is
 * read back; where there is anything else in it, the pattern is unknown.
 */
function decompile(regexp: RegExp, keys: unknown): string | undefined {
  if (!regexp.source.includes('(?=\\/|$)')) return regexp.toString();
  if (!Array.isArray(keys)) return undefined;
  const names = keys.map((key: { readonly name?: unknown }) => key.name);
  const patterns: string[] = [];
  for (const alternative of regexp.source.slice(1).split('|^')) {
    if (!alternative.endsWith(END)) return undefined;
    const pattern = readParts(alternative.slice(0, -END.length), names);
    if (pattern === undefined) return undefined;
    patterns.push(pattern === '' ? '/' : pattern);
  }
  return patterns.join(',');
}

/** @param names What the expression captures, in order; those that were read are taken out. */
function readParts(source: string, names: unknown[]): string | undefined {
  let pattern = '';
  PART.lastIndex = 0;
  while (PART.lastIndex < source.length) {
    const part = PART.exec(source);
    if (part === null) return undefined;
    const [, slash, dot, capture, optional = '', star, escaped, plain] = part;
    if (capture !== undefined) {
      const name = names.shift();
      if (typeof name !== 'string') return undefined;
      const own = ANY_VALUE.test(capture) ? '' : `(${capture})`;
      pattern += `${slash === undefined ? '' : '/'}${dot === undefined ? '' : '.'}:${name}${own}${optional}`;
    } else if (star !== undefined) {
      names.shift();
      pattern += '*';
    } else pattern += escaped ?? plain ?? '';
  }
  return pattern;
}
