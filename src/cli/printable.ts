/**
 * Control characters, line ends and marks that turn the direction of text: a flag's key comes from outside, and must neither
 * fake a line of a verdict nor speak to the terminal.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A document with its texts, names among them, as a terminal may show them: what is unprintable is written as an escape. */
export function printable<T>(document: T): T {
  return escaped(document) as T;
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UNPRINTABLE, escapeOf);
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, escaped(field)]));
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
