/** Control characters, line ends and marks that turn around what follows them. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A sentence or a name that others wrote, with what is not seen as escapes: it must neither turn the rest around nor look like
 * something else.
 */
export function sentence(text: string): string {
  return text.replace(UNSEEN, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
