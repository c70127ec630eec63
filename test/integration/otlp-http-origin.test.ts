import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createExporting, createOtlpHandler, type Span } from '../../src/otlp/index.js';
import { open, post, type Reply, statusOf } from '../support/otlp-client.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const BODY = JSON.stringify(traceForm(spanForm()));

const spans: Span[] = [];
const none = async (): Promise<undefined> => undefined;
const exporting = createExporting({
  sink: { spans: async (rows) => void spans.push(...rows), logs: none, metrics: none },
});
const server = createServer(
  createOtlpHandler(exporting, {
    origins: new Set(['https://shop.example', 'http://localhost:3000']),
    check: ({ headers }) =>
      headers.authorization === 'Bearer right'
        ? undefined
        : { status: 401, message: 'Expected a token.', headers: { 'WWW-Authenticate': 'Bearer' } },
  }),
);
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

const call = (headers: Record<string, string>) => ({
  port: (server.address() as AddressInfo).port,
  headers: { ...JSON_TYPE, ...headers },
});
const allowed = ({ headers }: Reply) => headers['access-control-allow-origin'];

it('answers a browser that asks beforehand, without the token, for each listed origin', async () => {
  for (const origin of ['https://shop.example', 'http://localhost:3000']) {
    const asked = { origin, 'access-control-request-method': 'POST' };
    const reply = await open({ ...call(asked), method: 'OPTIONS' }, (request) => request.end());
    expect(reply.status).toBe(204);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'Authorization, Content-Encoding, Content-Type',
      vary: 'Origin',
    });
  }
});

it('refuses a page of another origin, whether it asks or sends', async () => {
  for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'null']) {
    const headers = { origin, authorization: 'Bearer right', 'access-control-request-method': 'POST' };
    const asked = await open({ ...call(headers), method: 'OPTIONS' }, (request) => request.end());
    const sent = await post(call(headers), BODY);
    expect([asked.status, allowed(asked), sent.status, allowed(sent)]).toEqual([
      403,
      undefined,
      403,
      undefined,
    ]);
    expect(statusOf(sent)).toEqual({ code: 7, message: expect.stringContaining(`--cors-origin ${origin}`) });
  }
  expect(spans).toEqual([]);
});

it('lets a page of a listed origin read what it is answered, refusals too', async () => {
  const origin = 'https://shop.example';
  const denied = await post(call({ origin }), BODY);
  expect([denied.status, denied.headers['www-authenticate'], allowed(denied)]).toEqual([
    401,
    'Bearer',
    origin,
  ]);
  expect(statusOf(denied)).toEqual({ code: 16, message: 'Expected a token.' });
  const taken = await post(call({ origin, authorization: 'Bearer right' }), BODY);
  expect([taken.status, allowed(taken)]).toEqual([200, origin]);
  expect(spans).toHaveLength(1);
});

it('does not concern whoever is no page', async () => {
  const reply = await post(call({ authorization: 'Bearer right' }), BODY);
  expect([reply.status, allowed(reply), reply.headers.vary]).toEqual([200, undefined, undefined]);
  const options = await open({ ...call({ authorization: 'Bearer right' }), method: 'OPTIONS' }, (request) =>
    request.end(),
  );
  expect(options.status).toBe(405);
});
