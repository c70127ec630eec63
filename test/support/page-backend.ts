/**
 * The page on a real `telltale up` that holds a release. By hand, while the page is being developed, until Ctrl-C:
 *
 *   npm run build && node --import ./bench/support/typescript.js test/support/page-backend.ts
 */
import { rmSync } from 'node:fs';
import type { LogRecord, Span } from '../../src/otlp/model.js';
import { type BackendProcess, telltaleUp, temporaryFolder, type UpOptions } from './backend-process.js';
import { logsRequest, metricsRequest, type SentMetric, tracesRequest } from './otlp-request.js';
import {
  DEPLOYED_AT,
  durationsOf,
  HARMFUL,
  MOVED_AT,
  operationsOf,
  RELEASE_MINUTES,
} from './page-release.js';
import { evaluationsOf, failuresOf, unitsOf } from './page-signals.js';

/** Disposing of it ends it, and removes its folder. */
export interface PageBackend extends AsyncDisposable {
  /** The page's address, without a path. */
  readonly url: string;
  readonly backend: BackendProcess;
  /** Where it keeps what it was sent. */
  readonly folder: string;
  sendMetrics(metrics: readonly SentMetric[]): Promise<void>;
  sendSpans(spans: readonly Span[]): Promise<void>;
  sendLogs(records: readonly LogRecord[]): Promise<void>;
  /** As a caller of the API tells it. */
  tell(change: Readonly<Record<string, unknown>>): Promise<void>;
}

export interface PageBackendOptions extends UpOptions {
  /** Of what it asks of senders and of readers alike. */
  readonly token?: string;
}

/** An empty backend with the page. */
export async function pageBackend(options: PageBackendOptions = {}): Promise<PageBackend> {
  const folder = temporaryFolder();
  const { token, env = {}, ...rest } = options;
  const backend = await telltaleUp(folder, {
    ...rest,
    env: { ...env, ...(token === undefined ? {} : { TELLTALE_TOKEN: token }) },
  });
  const post = async (
    url: string,
    contentType: string,
    body: Uint8Array<ArrayBuffer> | string,
  ): Promise<void> => {
    const headers = {
      'content-type': contentType,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    if (!response.ok || text.includes('partialSuccess'))
      throw new Error(`${url}: ${response.status} ${text}`);
  };
  const send = (signal: string, body: Buffer) =>
    post(`${backend.otlpUrl}/v1/${signal}`, 'application/x-protobuf', new Uint8Array(body));
  return {
    url: backend.apiUrl,
    backend,
    folder,
    sendMetrics: (metrics) => send('metrics', metricsRequest(metrics)),
    sendSpans: (spans) => send('traces', tracesRequest(spans)),
    sendLogs: (records) => send('logs', logsRequest(records)),
    tell: (change) => post(`${backend.apiUrl}/api/v1/changes`, 'application/json', JSON.stringify(change)),
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Sends the release of `page-release.ts`: its operations, failures with their traces, units of the harmful flag,
 * evaluations, and what was changed by whom.
 *
 * @param end When it ended, Unix seconds. @default the last whole minute
 */
export async function sendRelease(
  to: Pick<PageBackend, 'sendMetrics' | 'sendSpans' | 'sendLogs' | 'tell'>,
  end: number = Math.floor(Date.now() / 60_000) * 60,
): Promise<void> {
  const operations = operationsOf(end);
  const { records, spans } = failuresOf(operations);
  const iso = (minute: number) => new Date((end - 60 * (RELEASE_MINUTES - minute)) * 1000).toISOString();
  await to.tell({ kind: 'deployment', time: iso(DEPLOYED_AT), service: 'shop', version: '1.5.0' });
  await to.tell({
    ...{ kind: 'flag', time: iso(MOVED_AT), flag: HARMFUL.flag, author: 'Ada' },
    ...{ sharesBefore: { off: 1 }, shares: { on: 10, off: 90 }, description: 'To 10 %' },
  });
  await to.sendMetrics([
    ...durationsOf(operations),
    ...evaluationsOf(operations),
    ...unitsOf(operations.filter(({ release }) => release === HARMFUL)),
  ]);
  await to.sendSpans(spans);
  await to.sendLogs(records);
}

if (process.argv[1] === import.meta.filename) {
  const backend = await pageBackend();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void backend[Symbol.asyncDispose]());
  await sendRelease(backend);
  console.log(`the page: ${backend.url}, OTLP: ${backend.backend.otlpUrl}`);
}
