/** Control characters, line ends and marks that turn around what follows them. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A sentence that others wrote, with what is not seen as escapes: a name in the middle of it cannot be set apart as names
 * elsewhere are, and must not turn the rest around.
 */
export function sentence(text: string): string {
  return text.replace(UNSEEN, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
