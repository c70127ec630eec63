import { useEffect, useRef, useState } from 'react';
import { useLive } from '../live/live.js';
import { type Asking, keepAsking, type Manner } from './asking.js';
import type { ApiFailure } from './client.js';
import { recall } from './remembered.js';

/** An answer of the API that is kept up to date. */
export interface Answer<T> {
  /** The last answer to this question; undefined: there was none yet. */
  readonly value: T | undefined;
  /** Why the last try failed; the value before it stays. */
  readonly failure: ApiFailure | undefined;
  /** When that answer came, ISO 8601. */
  readonly answeredAt: string | undefined;
  readonly isLoading: boolean;
}

/**
 * Asks, and asks again when something was stored, at most every 2 s (calmly: 10 s), out of sight every 30 s, and not
 * while the page is paused.
 *
 * @param path undefined: nothing is asked
 */
export function useAnswer<T>(
  path: string | undefined,
  { continuation, isCalm = false }: Manner<T> = {},
): Answer<T> {
  const { tick, isPaused } = useLive();
  const [answer, setAnswer] = useState<Answer<T> & { readonly path: string | undefined }>({
    ...answerSoFar<T>(path),
    path,
  });
  const asking = useRef<Asking | undefined>(undefined);

  useEffect(() => {
    if (path === undefined) return;
    const started = keepAsking<T>(path, { continuation, isCalm }, (change) =>
      setAnswer((before) => ({ ...(before.path === path ? before : answerSoFar<T>(path)), ...change, path })),
    );
    asking.current = started;
    return started.stop;
  }, [path, continuation, isCalm]);

  useEffect(() => {
    asking.current?.hold(isPaused);
  }, [isPaused, path]);

  useEffect(() => asking.current?.news(), [tick]);

  // The answer to another question is none to this one.
  return answer.path === path ? answer : answerSoFar<T>(path);
}

function answerSoFar<T>(path: string | undefined): Answer<T> {
  const before = path === undefined ? undefined : recall<T>(path);
  return {
    ...{ value: before?.value, answeredAt: before?.answeredAt },
    ...{ failure: undefined, isLoading: path !== undefined },
  };
}
