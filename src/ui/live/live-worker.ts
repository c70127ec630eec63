import { createStream, type LiveMessage } from './stream.js';

/**
 * One stream for all tabs: browsers open six connections to a host at most, and a stream holds one for as long as it lasts.
 * Tabs that know different tokens have the newest.
 */
const ports = new Set<MessagePort>();
let token: string | undefined;
let isStarted = false;
/** What a tab that comes later has missed. */
const latest = new Map<string, LiveMessage>();

const stream = createStream((message) => {
  if (message.kind === 'stored') latest.set('stored', message);
  else latest.set('state', message);
  for (const port of ports) port.postMessage(message);
});

const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };
scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  ports.add(port);
  port.onmessage = ({ data }: MessageEvent<PortMessage>) => {
    if ('bye' in data) {
      ports.delete(port);
      return;
    }
    const isNew = !isStarted || data.token !== token;
    if (isNew) {
      isStarted = true;
      token = data.token;
      latest.clear();
      stream.use(token);
    }
    for (const message of latest.values()) port.postMessage(message);
  };
};

/** What a tab says. */
export type PortMessage = { readonly token: string | undefined } | { readonly bye: true };
