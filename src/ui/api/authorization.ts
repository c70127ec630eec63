/** The header that carries a token. Of the page and of its worker, which has none of a page's stores. */
export function authorization(given: string | undefined): Record<string, string> {
  return given === undefined ? {} : { authorization: `Bearer ${given}` };
}
