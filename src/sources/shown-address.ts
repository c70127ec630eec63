/**
 * An address as a refusal may quote it: without user and password, which may hold `/` and `@`: all up to the last `@` goes.
 */
export function shownAddress(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)?.*@/is, '$1…@').slice(0, 200);
}
