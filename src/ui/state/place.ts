import { useSyncExternalStore } from 'react';

/** Where the page is: the address holds all that a view shows, so that it can be sent to somebody else. */
export interface Place {
  /** undefined: the overview. */
  readonly flag: string | undefined;
  readonly query: Readonly<Record<string, string>>;
}

let place = read();
let left: string | undefined;
const listeners = new Set<() => void>();

function read(): Place {
  const [, view, key] = location.pathname.split('/');
  return {
    flag: view === 'flags' && key !== undefined ? decode(key) : undefined,
    query: Object.fromEntries(new URLSearchParams(location.search)),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function moved(): void {
  place = read();
  for (const listener of listeners) listener();
}

addEventListener('popstate', () => {
  left = place.flag;
  moved();
});

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, () => place);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The flag whose view was left by the browser's back button or its like; undefined: what is shown was come to otherwise. */
export function leftFlag(): string | undefined {
  return left;
}

/** The address of a view. */
export function addressOf(flag: string | undefined, query: Readonly<Record<string, string>>): string {
  const path = flag === undefined ? '/' : `/flags/${encodeURIComponent(flag)}`;
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Goes to a view, as by a link: at its beginning, for the keyboard and for screen readers too. */
export function goTo(flag: string | undefined, query: Readonly<Record<string, string>>): void {
  history.pushState(null, '', addressOf(flag, query));
  left = undefined;
  moved();
  scrollTo(0, 0);
  document.getElementById('content')?.focus({ preventScroll: true });
}

/**
 * Changes parts of the query; undefined or empty takes one out.
 *
 * @param isStep Whether the browser's back button should come back to what was before
 */
export function setQuery(change: Readonly<Record<string, string | undefined>>, isStep = true): void {
  const query = Object.fromEntries(
    Object.entries({ ...place.query, ...change }).filter(([, value]) => value !== undefined && value !== ''),
  ) as Record<string, string>;
  const address = addressOf(place.flag, query);
  if (isStep) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  moved();
}
