import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

const CHANNEL = 'http.client.response.finish';

/** Resolves when a client of this process, an exporter, is answered with this status. */
export function firstAnswer(status: number): Promise<void> {
  return new Promise((resolve) => {
    const onAnswer = (message: unknown): void => {
      if ((message as { response: IncomingMessage }).response.statusCode !== status) return;
      unsubscribe(CHANNEL, onAnswer);
      resolve();
    };
    subscribe(CHANNEL, onAnswer);
  });
}
