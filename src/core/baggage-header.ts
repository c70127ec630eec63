import type { Assignment } from './evaluation.js';
import { ATTR_PREFIX_FEATURE_FLAGS } from './semconv.js';

/** What travels of one flag. The unit it was evaluated for does not. */
export interface BaggageFlag {
  readonly key: string;
  readonly variant: string;
  readonly assignment: Assignment;
  readonly version: string | undefined;
}

const ASSIGNMENTS: readonly Assignment[] = ['assigned', 'override', 'default', 'error'];

/** `baggage-octet`s of the W3C recommendation: what may stand in a value without being percent-encoded. */
const OCTETS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * One entry of the W3C `baggage` header: `feature_flags.<key>=<variant>`, with `;assignment=` where that is not
 * `assigned` and `;version=` where there is one. Names and values are percent-encoded; half a surrogate pair, which
 * cannot be, becomes U+FFFD.
 */
export function formatEntry({ key, variant, assignment, version }: BaggageFlag): string {
  // Parentheses are no characters of a token, which the name of an entry is.
  const name =
    ATTR_PREFIX_FEATURE_FLAGS + encode(key).replace(/[()]/g, (one) => (one === '(' ? '%28' : '%29'));
  const how = assignment === 'assigned' ? '' : `;assignment=${assignment}`;
  return `${name}=${encode(variant)}${how}${version === undefined ? '' : `;version=${encode(version)}`}`;
}

/** The entries of a `baggage` header, as they are, without the space around them. */
export function* entriesOf(header: string): Generator<string> {
  for (let start = 0; start <= header.length; ) {
    const comma = header.indexOf(',', start);
    const end = comma === -1 ? header.length : comma;
    const entry = header.slice(start, end).trim();
    if (entry !== '') yield entry;
    start = end + 1;
  }
}

/** Whether an entry is of a flag; other ones are not Telltale's business. */
export function isFlagEntry(entry: string): boolean {
  return entry.startsWith(ATTR_PREFIX_FEATURE_FLAGS);
}

/** The key of a flag's entry, or `undefined` where it is malformed. */
export function keyOf(entry: string): string | undefined {
  const equals = entry.indexOf('=');
  return equals === -1 ? undefined : decode(entry.slice(ATTR_PREFIX_FEATURE_FLAGS.length, equals).trimEnd());
}

/**
 * Reads a flag's entry; properties that nobody here wrote are passed over.
 *
 * @returns `undefined` where it is malformed.
 */
export function parseEntry(entry: string): BaggageFlag | undefined {
  const [member = '', ...properties] = entry.split(';');
  const key = keyOf(member);
  const variant = decode(member.slice(member.indexOf('=') + 1).trim());
  const assignment = property(properties, 'assignment') ?? 'assigned';
  const known = ASSIGNMENTS.find((one) => one === assignment);
  const version = property(properties, 'version');
  if (key === undefined || variant === undefined || known === undefined || version === '') return undefined;
  return { key, variant, assignment: known, version };
}

/** A header without the entries of flags; empty where there are no others. */
export function withoutFlagEntries(header: string): string {
  return [...entriesOf(header)].filter((entry) => !isFlagEntry(entry)).join(',');
}

/** A property's value, `''` where it is malformed, `undefined` where it is not there. */
function property(properties: readonly string[], name: string): string | undefined {
  for (const one of properties) {
    const equals = one.indexOf('=');
    if (equals !== -1 && one.slice(0, equals).trim() === name)
      return decode(one.slice(equals + 1).trim()) ?? '';
  }
  return undefined;
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** `undefined` where it is empty, has characters that may not stand there, or breaks an escape off. */
function decode(text: string): string | undefined {
  if (!OCTETS.test(text)) return undefined;
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
