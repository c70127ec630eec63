/** Characters of what an SDK says beside key and variant: reason, provider, set, version, error code. */
const MAX_WORD_LENGTH = 128;

const lowerCased = new Map<string, string>();

/** Lower-case as the semantic conventions write it; remembered, because there are few and evaluations are many. */
export function lowerCase(word: string): string {
  const known = lowerCased.get(word);
  if (known !== undefined) return known;
  const lower = capped(word).toLowerCase();
  if (lowerCased.size < 64 && word.length <= MAX_WORD_LENGTH) lowerCased.set(word, lower);
  return lower;
}

/** The text, cut where it is longer than any such word. */
export function capped(text: string): string {
  return text.length > MAX_WORD_LENGTH ? text.slice(0, MAX_WORD_LENGTH) : text;
}

/**
 * A text that is not empty; empty ones are what flagd's protocol gives for none. Numbers come where types say text, as
 * the targeting key of an application in JavaScript.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value || undefined;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

/** {@link textOf}, cut as {@link capped} does. */
export function wordOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : capped(text);
}
