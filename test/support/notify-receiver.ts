import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: what comes is what a test looks at
  readonly json: any;
}

export interface NotifyReceiver extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came. */
  readonly requests: ReceivedRequest[];
  /** Answers to the next requests; then 200 again. */
  answerNext(...answers: readonly { status: number; headers?: Record<string, string> }[]): void;
}

/**
 * A stand-in for Slack, Datadog's intake and Grafana, which cannot be reached from here: a real HTTP server that keeps
 * what it is sent.
 */
export async function notifyReceiver(port = 0): Promise<NotifyReceiver> {
  const requests: ReceivedRequest[] = [];
  const answers: { status: number; headers?: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    const body = (await buffer(request)).toString('utf8');
    const { method, url: path, headers } = request;
    requests.push({ method, path, headers, body, json: JSON.parse(body) });
    const { status, headers: own = {} } = answers.shift() ?? { status: 200 };
    response.writeHead(status, own).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerNext: (...next) => void answers.push(...next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
