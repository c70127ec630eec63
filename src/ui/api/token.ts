/** The read token: kept for this tab alone, sent in a header, never in an address. */

const KEY = 'telltale-read-token';

let token: string | undefined = sessionStorage.getItem(KEY) ?? undefined;
const listeners = new Set<() => void>();

export function readToken(): string | undefined {
  return token;
}

/** Keeps the token, or forgets it. */
export function setToken(given: string | undefined): void {
  token = given;
  if (given === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, given);
  for (const listener of listeners) listener();
}

/** @returns Ends it. */
export function onToken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
