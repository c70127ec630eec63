import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { decodeLogs, decodeMetrics, decodeTraces } from '../../src/otlp/index.js';
import { FIXTURES } from './app-process.js';
import { plain } from './otlp-plain.js';

/** One request as it came. */
export interface IntakeRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** After decompression. */
  readonly body: Buffer;
}

export interface DatadogIntake extends AsyncDisposable {
  /** Leads a process's connections to Datadog here; the certificate is one for Datadog's names. */
  readonly env: Readonly<Record<string, string>>;
  /** For a process of another kind, which has to be told the certificate, `INTAKE_CA`, and one of its names. */
  readonly url: string;
  readonly requests: readonly IntakeRequest[];
  /** Resolves once there are as many requests as asked for. */
  received(count: number): Promise<void>;
}

const TLS = join(FIXTURES, 'tls');
export const INTAKE_CA: string = join(TLS, 'intake.pem');

/**
 * A stand-in for Datadog's OTLP intake, which cannot be reached from here: it records requests over real TLS.
 *
 * @param answer Answers the request; the first has the number 0.
 */
export async function startDatadogIntake(
  answer: (response: ServerResponse, number: number) => void = accept,
): Promise<DatadogIntake> {
  const requests: IntakeRequest[] = [];
  const waiting = new Set<() => void>();
  const tls = {
    cert: readFileSync(INTAKE_CA),
    key: readFileSync(join(TLS, 'intake-key.pem')),
  };
  const server = createServer(tls, async (request, response) => {
    const sent = await buffer(request).catch(() => undefined);
    // The application ended meanwhile.
    if (sent === undefined) return;
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    answer(response, requests.length - 1);
    for (const look of waiting) look();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: environment(port),
    url: `https://127.0.0.1:${port}`,
    requests,
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** As Datadog's intake answers what it takes. */
export function accept(response: ServerResponse): void {
  response.writeHead(202).end();
}

function environment(port: number): Record<string, string> {
  const sites = ['otlp.datadoghq.com', 'otlp.us5.datadoghq.com'];
  return {
    ...redirect(Object.fromEntries(sites.map((site) => [`${site}:443`, `127.0.0.1:${port}`]))),
    NODE_EXTRA_CA_CERTS: INTAKE_CA,
  };
}

/** Variables that lead the connections of a process elsewhere: `host:port` to `host:port`. */
export function redirect(places: Readonly<Record<string, string>>): Record<string, string> {
  return {
    NODE_OPTIONS: `--import ${pathToFileURL(join(FIXTURES, 'redirect.js'))}`,
    TEST_REDIRECT: Object.entries(places)
      .map(([from, to]) => `${from}=${to}`)
      .join(','),
  };
}

/** What was sent, decoded by our own decoders; of a body that was sent again, once for each time. */
export function decoded(requests: readonly IntakeRequest[]) {
  const of = (path: string): Buffer[] => requests.filter((one) => one.path === path).map(({ body }) => body);
  return {
    spans: of('/v1/traces').flatMap((body) => plain(decodeTraces(body).rows)),
    metrics: of('/v1/metrics').flatMap((body) => plain(decodeMetrics(body).rows)),
    logs: of('/v1/logs').flatMap((body) => plain(decodeLogs(body).rows)),
  };
}
