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
  /** When that answer came, ISO 8601. */
  readonly answeredAt: string | undefined;
  readonly isLoading: boolean;
}

/** The last answers to the latest questions, for who comes back to one. */
const remembered = new Map<string, Remembered>();
const MOST_REMEMBERED = 16;
onToken(() => remembered.clear());

interface Remembered {
  readonly value: unknown;
  readonly answeredAt: string;
}

function remember(path: string, answer: Remembered): void {
  remembered.delete(path);
  remembered.set(path, answer);
  const [oldest] = remembered.keys();
  if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
}

/** How an answer goes on from the one before, where the API tells only what has altered since. */
export interface Continuation<T> {
  path(path: string, before: T): string;
  merge(before: T, answer: T): T;
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
 * @param continuation Must not change
 */
export function useAnswer<T>(path: string | undefined, continuation?: Continuation<T>): Answer<T> {
  const { tick, isPaused } = useLive();
  const [answer, setAnswer] = useState<Answer<T> & { readonly path: string | undefined }>({
    ...answerSoFar<T>(path),
    path,
  });
  const asking = useRef<Asking | undefined>(undefined);

  useEffect(() => {
    if (path === undefined) return;
    const started = keepAsking<T>(path, continuation, (change) =>
      setAnswer((before) => ({ ...(before.path === path ? before : answerSoFar<T>(path)), ...change, path })),
    );
    asking.current = started;
    return started.stop;
  }, [path, continuation]);

  useEffect(() => {
    asking.current?.hold(isPaused);
  }, [isPaused, path]);

  useEffect(() => asking.current?.news(), [tick]);

  // The answer to another question is none to this one.
  return answer.path === path ? answer : answerSoFar<T>(path);
}

function answerSoFar<T>(path: string | undefined): Answer<T> {
  const before = path === undefined ? undefined : remembered.get(path);
  return {
    ...{ value: before?.value as T | undefined, answeredAt: before?.answeredAt },
    ...{ failure: undefined, isLoading: path !== undefined },
  };
}

interface Asking {
  /** There may be another answer now. */
  news(): void;
  /** Whether to wait with the next try. */
  hold(isHeld: boolean): void;
  stop(): void;
}

function keepAsking<T>(
  path: string,
  continuation: Continuation<T> | undefined,
  tell: (change: Partial<Answer<T>>) => void,
): Asking {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isAsking = false;
  let hasNews = false;
  let isHeld = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let askedAt = 0;

  async function next(): Promise<T> {
    const before = answerSoFar<T>(path).value;
    if (continuation === undefined || before === undefined) return ask<T>(path, signal);
    return continuation.merge(before, await ask<T>(continuation.path(path, before), signal));
  }

  async function once(): Promise<void> {
    isAsking = true;
    hasNews = false;
    askedAt = Date.now();
    tell({ isLoading: true });
    const change = await next().then(
      (value): Partial<Answer<T>> => {
        const answer = { value, answeredAt: new Date().toISOString() };
        remember(path, answer);
        return { ...answer, failure: undefined };
      },
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
    clearTimeout(timer);
    if (isAsking || isHeld || signal.aborted) return;
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
    hold(value) {
      isHeld = value;
      plan();
    },
    stop() {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', plan);
      end();
      stopping.abort();
    },
  };
}
