import { useEffect, useRef, useState } from 'react';
import { useLive } from '../live/live.js';
import { ApiFailure, ask } from './client.js';
import { onToken } from './token.js';

/** An answer of the API that is kept up to date. */
export interface Answer<T> {
  /** The last answer to this question; undefined: there was none yet. */
  readonly value: T | undefined;
  /** Why the last try failed; the value before it stays. */
  readonly failure: ApiFailure | undefined;
  readonly isLoading: boolean;
}

/** New telemetry comes each second; an answer costs the backend time. */
const LEAST_INTERVAL_MS = 2000;
/** Out of sight, where only the title is seen. */
const HIDDEN_INTERVAL_MS = 30_000;
/** Also without news: what a window holds changes as it moves, and after a failure. */
const LONGEST_INTERVAL_MS = 60_000;

/**
 * Asks, and asks again when something was stored, at most every 2 s, out of sight every 30 s, and not while the
 * page is paused.
 *
 * @param path undefined: nothing is asked
 */
export function useAnswer<T>(path: string | undefined): Answer<T> {
  const { tick, isPaused } = useLive();
  const [answer, setAnswer] = useState<Answer<T> & { readonly path: string | undefined }>({
    ...{ path, value: undefined, failure: undefined, isLoading: path !== undefined },
  });
  const news = useRef<(() => void) | undefined>(undefined);

  useEffect(() => {
    if (path === undefined) return;
    const asking = keepAsking<T>(path, (change) =>
      setAnswer((before) => ({
        ...(before.path === path ? before : { value: undefined, failure: undefined, isLoading: true }),
        ...change,
        path,
      })),
    );
    news.current = asking.news;
    return asking.stop;
  }, [path]);

  useEffect(() => {
    if (!isPaused) news.current?.();
  }, [tick, isPaused]);

  // The answer to another question is none to this one.
  if (answer.path !== path) return { value: undefined, failure: undefined, isLoading: path !== undefined };
  return answer;
}

interface Asking {
  /** There may be another answer now. */
  news(): void;
  stop(): void;
}

function keepAsking<T>(path: string, tell: (change: Partial<Answer<T>>) => void): Asking {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isAsking = false;
  let hasNews = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let askedAt = 0;

  async function once(): Promise<void> {
    isAsking = true;
    hasNews = false;
    askedAt = Date.now();
    tell({ isLoading: true });
    const change = await ask<T>(path, signal).then(
      (value): Partial<Answer<T>> => ({ value, failure: undefined }),
      (failure: unknown): Partial<Answer<T>> => ({
        failure: failure instanceof ApiFailure ? failure : new ApiFailure(0, 'internal', String(failure)),
      }),
    );
    if (signal.aborted) return;
    isAsking = false;
    tell({ ...change, isLoading: false });
    plan();
  }

  function plan(): void {
    if (isAsking || signal.aborted) return;
    clearTimeout(timer);
    const soonest = document.hidden ? HIDDEN_INTERVAL_MS : LEAST_INTERVAL_MS;
    const interval = hasNews ? soonest : LONGEST_INTERVAL_MS;
    timer = setTimeout(() => void once(), askedAt + interval - Date.now());
  }

  const news = () => {
    hasNews = true;
    plan();
  };
  document.addEventListener('visibilitychange', plan);
  const end = onToken(() => void (isAsking || once()));
  void once();
  return {
    news,
    stop() {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', plan);
      end();
      stopping.abort();
    },
  };
}
