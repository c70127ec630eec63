import type { Answer } from './answer.js';
import { ApiFailure, ask } from './client.js';
import { recall, remember } from './remembered.js';
import { serverNow } from './server-time.js';
import { onToken } from './token.js';
import { inTurn } from './turn.js';

/** How an answer goes on from the one before, where the API tells only what has altered since. */
export interface Continuation<T> {
  path(path: string, before: T): string;
  merge(before: T, answer: T): T;
}

/** How a question is asked. */
export interface Manner<T> {
  /** Must not change. */
  readonly continuation?: Continuation<T> | undefined;
  /** Whether it may wait, until others that may have their answers: what stands behind a verdict must not delay it. */
  readonly isCalm?: boolean;
}

/** New telemetry comes each second; an answer costs the backend time. */
const LEAST_INTERVAL_MS = 2000;
const CALM_INTERVAL_MS = 10_000;
/** Out of sight, where only the title is seen. */
const HIDDEN_INTERVAL_MS = 30_000;
/** Also without news: what a window holds changes as it moves. */
const LONGEST_INTERVAL_MS = 60_000;
const LONGEST_CALM_INTERVAL_MS = 300_000;
/** After a failure that may pass by itself. */
const RETRY_INTERVAL_MS = 10_000;

/** A question that is asked again and again. */
export interface Asking {
  /** There may be another answer now. */
  news(): void;
  /** Whether to wait with the next try. */
  hold(isHeld: boolean): void;
  stop(): void;
}

export function keepAsking<T>(
  path: string,
  { continuation, isCalm = false }: Manner<T>,
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
  const withoutNewsMs = isCalm ? LONGEST_CALM_INTERVAL_MS : LONGEST_INTERVAL_MS;
  let longestMs = withoutNewsMs;

  function next(): Promise<T> {
    askedAt = Date.now();
    return askOn(path, continuation, signal);
  }

  async function once(): Promise<void> {
    clearTimeout(timer);
    isAsking = true;
    hasNews = false;
    tell({ isLoading: true });
    const change = await changeBy(path, isCalm ? inTurn(next, signal) : next());
    if (signal.aborted) return;
    isAsking = false;
    tookMs = Date.now() - askedAt;
    longestMs = change.failure && mayPass(change.failure) ? RETRY_INTERVAL_MS : withoutNewsMs;
    tell({ ...change, isLoading: false });
    plan();
  }

  function plan(): void {
    clearTimeout(timer);
    if (isAsking || isHeld || signal.aborted) return;
    const least = document.hidden ? HIDDEN_INTERVAL_MS : isCalm ? CALM_INTERVAL_MS : LEAST_INTERVAL_MS;
    // A backend that is busy is left alone for as long as it took.
    const soonest = Math.max(least, 2 * tookMs);
    const interval = hasNews ? soonest : Math.max(soonest, longestMs);
    timer = setTimeout(() => void once(), askedAt + interval - Date.now());
  }

  document.addEventListener('visibilitychange', plan);
  const end = onToken(() => void (isAsking || once()));
  void once();
  return {
    news() {
      hasNews = true;
      plan();
    },
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

/** Asks from the last answer on, where there is one and it can be gone on from. */
async function askOn<T>(
  path: string,
  continuation: Continuation<T> | undefined,
  signal: AbortSignal,
): Promise<T> {
  const before = recall<T>(path);
  if (continuation === undefined || before === undefined) return ask<T>(path, signal);
  const answer = await ask<T>(continuation.path(path, before.value), signal);
  return continuation.merge(before.value, answer);
}

/** What is to be told of an answer, which is remembered, or of its failure. */
async function changeBy<T>(path: string, asked: Promise<T>): Promise<Partial<Answer<T>>> {
  try {
    const answer = { value: await asked, answeredAt: new Date(serverNow()).toISOString() };
    remember(path, answer);
    return { ...answer, failure: undefined };
  } catch (error) {
    return { failure: error instanceof ApiFailure ? error : new ApiFailure(0, 'internal', String(error)) };
  }
}

/** Whether the same question may be answered later: nothing was wrong with it. */
function mayPass({ status }: ApiFailure): boolean {
  return status === 0 || status === 429 || status >= 500;
}
