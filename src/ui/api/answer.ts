import { useEffect, useRef, useState } from 'react';
import { useLive } from '../live/live.js';
import { ApiFailure, ask } from './client.js';
import { onToken } from './token.js';
import { inTurn } from './turn.js';

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

/** How a question is asked. */
export interface Manner<T> {
  /** Must not change. */
  readonly continuation?: Continuation<T>;
  /** Whether it may wait, until others that may have their answers: what stands behind a verdict must not delay it. */
  readonly isCalm?: boolean;
}

/** New telemetry comes each second; an answer costs the backend time. */
const LEAST_INTERVAL_MS = 2000;
const CALM_INTERVAL_MS = 10_000;
/** Out of sight, where only the title is seen. */
const HIDDEN_INTERVAL_MS = 30_000;
/** Also without news: what a window holds changes as it moves, and after a failure. */
const LONGEST_INTERVAL_MS = 60_000;

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
  { continuation, isCalm }: { continuation: Continuation<T> | undefined; isCalm: boolean },
  tell: (change: Partial<Answer<T>>) => void,
): Asking {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isAsking = false;
  let hasNews = false;
  let isHeld = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let askedAt = 0;
  let tookMs = 0;

  async function next(): Promise<T> {
    askedAt = Date.now();
    const before = answerSoFar<T>(path).value;
    if (continuation === undefined || before === undefined) return ask<T>(path, signal);
    return continuation.merge(before, await ask<T>(continuation.path(path, before), signal));
  }

  async function once(): Promise<void> {
    isAsking = true;
    hasNews = false;
    tell({ isLoading: true });
    const change = await (isCalm ? inTurn(next, signal) : next()).then(
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
    tookMs = Date.now() - askedAt;
    tell({ ...change, isLoading: false });
    plan();
  }

  function plan(): void {
    clearTimeout(timer);
    if (isAsking || isHeld || signal.aborted) return;
    const least = document.hidden ? HIDDEN_INTERVAL_MS : isCalm ? CALM_INTERVAL_MS : LEAST_INTERVAL_MS;
    // A backend that is busy is left alone for as long as it took.
    const soonest = Math.max(least, 2 * tookMs);
    const interval = hasNews ? soonest : Math.max(soonest, LONGEST_INTERVAL_MS);
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
