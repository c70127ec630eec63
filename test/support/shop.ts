import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { startShop } from './shop-process.js';

/** What shoppers saw of one flag: requests, and those that were answered with 500 or more. */
export interface Seen {
  readonly requests: number;
  readonly errors: number;
}

export interface Visit {
  /** Where all that the shop sends by OTLP goes: traces, metrics and logs. */
  readonly otlpUrl: string;
  /** Where its metrics go too. */
  readonly metricsUrl?: string;
  readonly requests: number;
  /** What shoppers order depends on it. */
  readonly seed: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The shop of the examples with its payment gateway, and its shoppers, a few at once. Over when everything that the
 * shop has to tell is told.
 *
 * @returns by flag
 */
export async function visitShop(visit: Visit): Promise<Record<string, Seen>> {
  await using tee = await startTee(visit);
  const seen: Record<string, Seen> = {};
  const onAnswer = ({ flag }: { readonly flag: string }, status: number): void => {
    const { requests, errors } = seen[flag] ?? { requests: 0, errors: 0 };
    seen[flag] = { requests: requests + 1, errors: errors + (status >= 500 ? 1 : 0) };
  };
  await using shop = await startShop({
    OTEL_EXPORTER_OTLP_ENDPOINT: tee.url,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    ...visit.env,
  });
  await shop.visit({ requests: visit.requests, seed: visit.seed, onAnswer });
  await shop.stop();
  if (tee.refused.length > 0) throw new Error(tee.refused.join('\n'));
  return seen;
}

interface Tee extends AsyncDisposable {
  readonly url: string;
  /** What a place said where it did not take something. */
  readonly refused: readonly string[];
}

/** Takes OTLP and passes it on as it came. */
async function startTee({ otlpUrl, metricsUrl }: Visit): Promise<Tee> {
  const refused: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
    const headers = { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) };
    const urls = [`${otlpUrl}${request.url}`];
    if (metricsUrl !== undefined && request.url === '/v1/metrics') urls.push(metricsUrl);
    const answers = await Promise.all(
      urls.map(async (url) => {
        const answer = await fetch(url, { method: 'POST', headers, body });
        if (!answer.ok) refused.push(`${url}: ${answer.status} ${await answer.text()}`);
        return answer.status;
      }),
    );
    response.writeHead(Math.max(...answers), { 'content-type': type }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    refused,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
