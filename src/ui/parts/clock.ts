import { useSyncExternalStore } from 'react';
import { onServerTime, serverNow } from '../api/server-time.js';

const STEP_MS = 5000;
let now = serverNow();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function step(): void {
  now = serverNow();
  for (const each of listeners) each();
}

onServerTime(step);

/** The backend's time, anew every five seconds, in milliseconds since 1970: for what is told as `3 min ago`. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(step, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
