import type { ServerResponse } from 'node:http';
import { createCounter, gauge, type Measure } from '../metrics.js';
import { json, type Route } from '../routes.js';
import type { StoredEvent } from './documents.js';
import type { Pulse } from './pulse.js';

const MOST_LISTENERS = 1000;
/** Of one listener, that it has not read yet: minutes of events. It comes back, and is told the newest. */
const MOST_UNREAD_BYTES = 16 * 1024;

export interface LiveTimes {
  /** From one event to the next, at least. */
  readonly eventMs: number;
  /** From one sign of life to the next, which tells the page, and what is between, that the backend is there. */
  readonly heartbeatMs: number;
}

const LIVE_TIMES: LiveTimes = { eventMs: 1000, heartbeatMs: 10_000 };

export interface LiveOptions {
  readonly pulse: Pulse;
  /** Records that were received since the backend was started. */
  readonly received: () => StoredEvent['received'];
  readonly mostListeners?: number;
  readonly times?: LiveTimes;
}

/** Server-sent events to all who listen. Costs nothing while nobody does. */
export interface Live {
  readonly route: Route;
  /** An overview has altered, such as by a comparison that was made. */
  altered(): void;
  readonly measure: Measure;
  /** Ends all of them, and refuses those that come. */
  close(): void;
}

export function createLive(options: LiveOptions): Live {
  const { pulse, received, mostListeners = MOST_LISTENERS, times = LIVE_TIMES } = options;
  const listeners = new Set<ServerResponse>();
  const dropped = createCounter({
    name: 'telltale.live.dropped',
    description: 'Streams of live events that were ended, because what they were sent was not read.',
    unit: '{stream}',
  });
  dropped.add({}, 0);
  let compared = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let due: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;
  let isClosed = false;

  function event(): string {
    const { revision, at } = pulse;
    const stored: StoredEvent = {
      ...{ revision, compared, received: received() },
      at: at === null ? null : new Date(at * 1000).toISOString(),
    };
    return `event: stored\ndata: ${JSON.stringify(stored)}\n\n`;
  }

  function send(text: string): void {
    for (const response of listeners) {
      if (response.writableLength <= MOST_UNREAD_BYTES) response.write(text);
      else {
        dropped.add({});
        response.destroy();
      }
    }
  }

  function tell(): void {
    if (listeners.size === 0 || due !== undefined) return;
    const waitMs = Math.max(0, toldAtMs + times.eventMs - performance.now());
    due = setTimeout(() => {
      due = undefined;
      toldAtMs = performance.now();
      send(event());
    }, waitMs).unref();
  }

  function start(): () => void {
    const unsubscribe = pulse.listen(tell);
    const heartbeat = setInterval(() => send(':\n\n'), times.heartbeatMs).unref();
    return () => {
      unsubscribe();
      clearInterval(heartbeat);
      clearTimeout(due);
      due = undefined;
    };
  }

  function join(response: ServerResponse): void {
    listeners.add(response);
    response.once('close', () => {
      listeners.delete(response);
      if (listeners.size > 0) return;
      stopListening?.();
      stopListening = undefined;
    });
    stopListening ??= start();
    response.write(event());
  }

  return {
    route: {
      method: 'GET',
      path: '/api/v1/live',
      async handle() {
        if (isClosed || listeners.size >= mostListeners) {
          const message = isClosed
            ? 'The backend is shutting down.'
            : `${mostListeners} pages listen already, which is the most: close some of them.`;
          return json({ error: { code: 'overloaded', message } }, 503);
        }
        return {
          ...{ status: 200, contentType: 'text/event-stream', body: '' },
          // nginx would hold events back until there are many.
          headers: { 'x-accel-buffering': 'no' },
          goOn: (response) => {
            // It went away, or the backend does, since it was let in.
            if (isClosed || response.destroyed) response.destroy();
            else join(response);
          },
        };
      },
    },
    altered() {
      compared += 1;
      tell();
    },
    measure: () => [
      gauge(
        { name: 'telltale.live.listeners', description: 'Streams of live events.', unit: '{stream}' },
        listeners.size,
      ),
      dropped.metric(),
    ],
    close() {
      isClosed = true;
      for (const response of listeners) {
        // Whoever does not read would not see the end either.
        if (response.writableLength > 0) response.destroy();
        else response.end();
      }
    },
  };
}
