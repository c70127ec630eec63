let last: Promise<unknown> = Promise.resolve();

/**
 * Asks when all that was asked in turn before has its answer, in other tabs too where the browser has locks (pages over plain
 * HTTP from another machine have none): a page of many parts, or ten of them, must not keep a verdict waiting. Browsers open
 * six connections to a host, and the store answers one query at a time.
 */
export function inTurn<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (navigator.locks !== undefined) return navigator.locks.request('telltale-calm', { signal }, ask);
  const mine = last.then(() => {
    signal.throwIfAborted();
    return ask();
  });
  last = mine.catch(() => {});
  return mine;
}
