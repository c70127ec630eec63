import { createStream, type LiveMessage, type Stream } from './stream.js';

/** What a tab says. */
export type PortMessage = { readonly token: string | undefined } | { readonly bye: true };

/** A stream, and the tabs that it is for. */
interface Listening {
  readonly stream: Stream;
  readonly ports: Set<MessagePort>;
  /** What a tab that comes later has missed. */
  readonly latest: Map<'stored' | 'state', LiveMessage>;
}

/**
 * One stream for all tabs that know the same token: browsers open six connections to a host at most, and a stream holds one for
 * as long as it lasts. A tab that knows none, or a wrong one, takes nothing from the others.
 */
const listenings = new Map<string | undefined, Listening>();

const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };
scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  port.onmessage = ({ data }: MessageEvent<PortMessage>) => {
    leave(port);
    if ('bye' in data) return;
    const { stream, ports, latest } = listenings.get(data.token) ?? listen(data.token);
    ports.add(port);
    // The backend may have been started anew since, with another token or none.
    if (latest.get('state')?.kind === 'denied') stream.use(data.token);
    for (const message of latest.values()) port.postMessage(message);
  };
};

function listen(token: string | undefined): Listening {
  const ports: Listening['ports'] = new Set();
  const latest: Listening['latest'] = new Map();
  const stream = createStream((message) => {
    latest.set(message.kind === 'stored' ? 'stored' : 'state', message);
    for (const port of ports) port.postMessage(message);
  });
  stream.use(token);
  const listening = { stream, ports, latest };
  listenings.set(token, listening);
  return listening;
}

function leave(port: MessagePort): void {
  for (const [token, { stream, ports }] of listenings) {
    if (!ports.delete(port) || ports.size > 0) continue;
    stream.stop();
    listenings.delete(token);
  }
}
