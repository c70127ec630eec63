import { type Layer, type Match, matchersOf } from './express-layer.js';

/** Stands in for a segment; nobody's pattern has it as a literal. */
const TOKEN = `telltale${Math.random().toString(36).slice(2)}`;

/** Names that need no quotes in a pattern. */
const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/**
 * Finds out a mount's pattern by trying paths on it, because Express 5 with router 2.0 to 2.2 keeps patterns in
 * closures. A segment that may be replaced is a parameter, one that may not is a literal. What cannot be told so
 * (wildcards, optional parts, several parameters in a segment, alternatives) is unknown.
 *
 * @param taken What the mount took of a request's path.
 */
export function probePattern(layer: Layer, taken: string): Probed | undefined {
  const [match, ...others] = matchersOf(layer);
  if (match === undefined || others.length > 0) return undefined;
  const whole = taken.replace(/\/$/, '');
  const asked = match(whole);
  if (asked === false || asked.path !== whole) return undefined;
  // An optional part may follow that this path does not have.
  if (takes(match(`${whole}/${TOKEN}`), `${whole}/${TOKEN}`)) return undefined;
  const segments = whole.split('/');
  const unknown = new Set(Object.keys(asked.params));
  const parts: Part[] = [];
  // The first is what stands before the leading slash.
  for (const [index, segment] of segments.entries()) {
    const without = segments.toSpliced(index, 1).join('/');
    if (index > 0 && takes(match(without), without)) return undefined;
    const replaced = index === 0 ? false : match(segments.with(index, TOKEN).join('/'));
    if (replaced === false) {
      if (isVariable(match, segments, index)) return undefined;
      parts.push({ asked: segment, isLiteral: true, text: segment });
      continue;
    }
    const name = Object.keys(replaced.params).find((key) => replaced.params[key] === TOKEN);
    if (name === undefined || !NAME.test(name) || !unknown.delete(name)) return undefined;
    parts.push({ asked: segment, isLiteral: false, text: `:${name}` });
  }
  if (unknown.size > 0) return undefined;
  const texts = isCaseSensitive(match, parts) ? parts.map((part) => part.text) : parts.map(lowerCaseText);
  const shape = parts.map((part) => (part.isLiteral ? escapeRegExp(part.asked) : '[^/]+')).join('/');
  return { pattern: texts.join('/'), shape: new RegExp(`^${shape}/?$`, 'i') };
}

/** What was found out, which holds for paths of this shape: others may match by something that does not show. */
export interface Probed {
  readonly pattern: string;
  readonly shape: RegExp;
}

/** One segment: as it was asked for, and in the pattern. */
interface Part {
  readonly asked: string;
  readonly isLiteral: boolean;
  readonly text: string;
}

/**
 * Routers take letters of either case unless told otherwise, and what a client happens to write must not become a
 * label of its own.
 */
function isCaseSensitive(match: (path: string) => Match | false, parts: readonly Part[]): boolean {
  return match(parts.map((part) => (part.isLiteral ? swapCase(part.asked) : part.asked)).join('/')) === false;
}

function lowerCaseText({ isLiteral, text }: Part): string {
  return isLiteral ? text.toLowerCase() : text;
}

/** Whether a segment that is no parameter may be longer all the same, by an expression or an optional part. */
function isVariable(
  match: (path: string) => Match | false,
  segments: readonly string[],
  index: number,
): boolean {
  if (index === 0) return false;
  return ['0', 'z'].some((end) => {
    const longer = segments.with(index, `${segments[index]}${end}`).join('/');
    return takes(match(longer), longer);
  });
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return text === upper ? text.toLowerCase() : upper;
}

function takes(match: Match | false, path: string): boolean {
  return match !== false && match.path === path;
}
