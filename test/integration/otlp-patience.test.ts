import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createExporting, createOtlpHandler } from '../../src/otlp/index.js';
import { bind, type Listener, listen } from '../../src/server/listener.js';
import { post } from '../support/otlp-client.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';

const BODY = JSON.stringify(traceForm(spanForm()));
const JSON_TYPE = { 'Content-Type': 'application/json' };
const head = (length: number): string =>
  `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n`;

let listener: Listener;
const refused: string[] = [];
afterEach(async () => {
  refused.length = 0;
  await listener.close();
});

/** The receiver as `telltale up` serves it, but for less patience and less to hold. */
async function served(maxHeldBytes: number): Promise<number> {
  const taken = async (): Promise<undefined> => undefined;
  const sink = { spans: taken, logs: taken, metrics: taken };
  const handler = createOtlpHandler(createExporting({ sink, maxHeldBytes }));
  listener = await listen(
    handler,
    { host: '127.0.0.1', port: 0, option: '--otlp-port', onRefused: (why) => refused.push(why) },
    { headersMs: 100, requestMs: 200 },
  );
  return Number(new URL(listener.url).port);
}

/** What a client that says so much and then nothing is told, until it is cut off. */
async function stalled(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    answer += part;
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

it.each([
  ['nothing of a head', ''],
  ['half a head', head(10)],
  ['half a body', `${head(BODY.length)}\r\n${BODY.slice(1)}`],
])('a client that sends %s and then stalls is cut off, and counted', async (_what, text) => {
  const port = await served(1000);
  expect(await stalled(port, text)).toMatch(text === '' ? /^(HTTP\/1\.1 408 |$)/ : /^HTTP\/1\.1 408 /);
  expect(refused).toEqual(['timeout']);
  expect((await post({ port, headers: JSON_TYPE }, BODY)).status).toBe(200);
});

it('what stalled clients hold is free again when they are cut off', async () => {
  const port = await served(BODY.length);
  const end = stalled(port, `${head(BODY.length)}\r\n${BODY.slice(1)}`);
  const status = async (): Promise<number> => (await post({ port, headers: JSON_TYPE }, BODY)).status;
  await vi.waitFor(async () => expect(await status()).toBe(429), { interval: 5 });
  await end;
  expect(await status()).toBe(200);
});

it('what is not HTTP is told so, and counted', async () => {
  const port = await served(1000);
  expect(await stalled(port, 'HELO mail.example\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(refused).toEqual(['malformed']);
});

it('a client that goes away in the middle of its request is not counted', async () => {
  const port = await served(1000);
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.write(`${head(10)}\r\n12345`, resolve));
  socket.resetAndDestroy();
  expect((await post({ port, headers: JSON_TYPE }, BODY)).status).toBe(200);
  expect(refused).toEqual([]);
});

it('connections beyond the most of a port are closed, and counted', async () => {
  const why: string[] = [];
  const server = createServer(() => {});
  await bind(server, { host: '127.0.0.1', port: 0, option: '--x', onRefused: (reason) => why.push(reason) });
  expect(server.maxConnections).toBe(2000);
  // As many as that are more than a test needs.
  server.maxConnections = 1;
  const { port } = server.address() as AddressInfo;
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  const second = connect(port, '127.0.0.1');
  second.on('error', () => {});
  await once(second, 'close');
  expect(why).toEqual(['too_many']);
  first.destroy();
  await new Promise((resolve) => server.close(resolve));
});
