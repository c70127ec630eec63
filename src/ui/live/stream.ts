import type { StoredEvent } from '../../server/page/documents.js';
import { authorization } from '../api/authorization.js';

/** What is known of the live stream. */
export type LiveMessage =
  | { readonly kind: 'stored'; readonly event: StoredEvent }
  | { readonly kind: 'connected' }
  /** The backend does not answer; it is tried again. */
  | { readonly kind: 'lost' }
  /** It asks for a token, or for another; it is tried again with the next one. */
  | { readonly kind: 'denied' };

export interface Stream {
  /** Begins anew with this token. */
  use(token: string | undefined): void;
  stop(): void;
}

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 10_000;
/** The backend says something every 10 s. */
const SILENCE_MS = 25_000;

/**
 * Listens to `/api/v1/live`, for ever. Not by EventSource, which sends no header, so that a token would stand in the address.
 */
export function createStream(onMessage: (message: LiveMessage) => void): Stream {
  let current = new AbortController();

  async function run(token: string | undefined, signal: AbortSignal): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const outcome = await listen(token, signal, (message) => {
        retryMs = FIRST_RETRY_MS;
        onMessage(message);
      }).catch(() => 'lost' as const);
      if (signal.aborted) return;
      onMessage({ kind: outcome });
      if (outcome === 'denied') return;
      await pause(retryMs, signal);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }

  return {
    use(token) {
      current.abort();
      current = new AbortController();
      void run(token, current.signal);
    },
    stop: () => current.abort(),
  };
}

/** Until the stream ends. */
async function listen(
  token: string | undefined,
  signal: AbortSignal,
  onMessage: (message: LiveMessage) => void,
): Promise<'lost' | 'denied'> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  try {
    const response = await fetch('/api/v1/live', {
      headers: authorization(token),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status === 401 || response.status === 403) return 'denied';
    if (!response.ok || response.body === null) return 'lost';
    onMessage({ kind: 'connected' });
    let text = '';
    for await (const chunk of chunks(response.body.pipeThrough(new TextDecoderStream()))) {
      heard();
      const events = (text + chunk).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const stored = readEvent(event);
        if (stored !== undefined) onMessage({ kind: 'stored', event: stored });
      }
    }
    return 'lost';
  } finally {
    clearTimeout(timer);
  }
}

/** Not every browser iterates streams. */
async function* chunks(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function readEvent(text: string): StoredEvent | undefined {
  const lines = text.split('\n');
  if (!lines.includes('event: stored')) return undefined;
  const data = lines.find((line) => line.startsWith('data: '))?.slice('data: '.length);
  return data === undefined ? undefined : (JSON.parse(data) as StoredEvent);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
