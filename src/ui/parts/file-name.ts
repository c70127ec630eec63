/** Longest part of a name that comes from outside. */
const LONGEST = 60;

/** A name for a file that every system takes, from names that may hold anything. */
export function fileName(parts: readonly string[], extension: string): string {
  const safe = parts.map((part) => [...part.replace(/[^\p{L}\p{N}._-]+/gu, '_')].slice(0, LONGEST).join(''));
  return `${safe.join('-').replace(/^[.-]+/, '_')}.${extension}`;
}
