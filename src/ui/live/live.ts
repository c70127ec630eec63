import { useSyncExternalStore } from 'react';
import type { StoredEvent } from '../../server/page/documents.js';
import { serverNow } from '../api/server-time.js';
import { onToken, readToken } from '../api/token.js';
import type { PortMessage } from './live-worker.js';
import { createStream, type LiveMessage } from './stream.js';

/** What the page knows of the backend without asking. */
export interface Live {
  /** `lost`: it does not answer. `denied`: it asks for a token. */
  readonly state: 'connecting' | 'connected' | 'lost' | 'denied';
  /** When it was lost, milliseconds since 1970. */
  readonly lostAt: number | undefined;
  readonly stored: StoredEvent | undefined;
  /** How often something new was stored or compared, or the backend came back, since the page was opened. */
  readonly tick: number;
  /** The user holds the page still. */
  readonly isPaused: boolean;
}

let live: Live = { state: 'connecting', lostAt: undefined, stored: undefined, tick: 0, isPaused: false };
const listeners = new Set<() => void>();

function set(change: Partial<Live>): void {
  live = { ...live, ...change };
  for (const listener of listeners) listener();
}

function onMessage(message: LiveMessage): void {
  if (message.kind === 'stored') {
    const { revision, compared } = message.event;
    const isNews = live.stored?.revision !== revision || live.stored.compared !== compared;
    set({ stored: message.event, tick: live.tick + (isNews ? 1 : 0) });
  } else if (message.kind === 'connected') {
    set({ state: 'connected', lostAt: undefined, tick: live.tick + (live.state === 'lost' ? 1 : 0) });
  } else {
    set({ state: message.kind, lostAt: live.lostAt ?? serverNow() });
  }
}

/** Begins to listen; once, as the page is opened. */
export function startLive(): void {
  if (typeof SharedWorker === 'undefined') {
    const stream = createStream(onMessage);
    stream.use(readToken());
    onToken(() => stream.use(readToken()));
    return;
  }
  const worker = new SharedWorker(new URL('./live-worker.ts', import.meta.url), {
    type: 'module',
    name: 'telltale',
  });
  const say = (message: PortMessage) => worker.port.postMessage(message);
  worker.port.onmessage = ({ data }: MessageEvent<LiveMessage>) => onMessage(data);
  say({ token: readToken() });
  onToken(() => say({ token: readToken() }));
  addEventListener('pagehide', () => say({ bye: true }));
  // Out of the browser's cache of pages: the port is there, and the worker has forgotten it.
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
}

export function setPaused(isPaused: boolean): void {
  set({ isPaused });
}

export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
