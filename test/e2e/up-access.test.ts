import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../support/app-listen.js';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { grpcClient } from '../support/grpc-client.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';
import { startBrowser } from '../support/web-browser.js';

const WRITE = 'write-token-0123456789abcdef';
const READ = 'read-token-0123456789abcdef';
const FORM = traceForm(spanForm());
const SPAN = encodeMessage('ExportTraceServiceRequest', FORM);

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('beyond this machine', () => {
  let backend: BackendProcess;
  beforeAll(async () => {
    const file = join(folder, 'write-token');
    writeFileSync(file, `${WRITE}\n`);
    backend = await telltaleUp(join(folder, 'guarded'), {
      args: ['--host', '0.0.0.0', '--write-token-file', file],
      env: { TELLTALE_READ_TOKEN: READ },
    });
  });
  afterAll(async () => {
    expect(await backend.stop()).toBe(0);
  });

  const local = (url: string | undefined): string => (url ?? '').replace('0.0.0.0', '127.0.0.1');
  const bearer = (token: string | undefined) =>
    token === undefined ? {} : { authorization: `Bearer ${token}` };

  test('up without tokens ends with 64 and says how to make one', async () => {
    const refused = await telltale(['up', '--host', '0.0.0.0', '--data', join(folder, 'unused')]);
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('openssl rand -hex 32')]);
  });

  test('--insecure lets anybody in', async () => {
    const open = await telltaleUp(join(folder, 'open'), { args: ['--host', '0.0.0.0', '--insecure'] });
    expect((await fetch(`${local(open.apiUrl)}/api/v1/flags`)).status).toBe(200);
    expect(await open.stop()).toBe(0);
  });

  test.each([
    [undefined, 401],
    [READ, 401],
    [WRITE, 200],
  ])('OTLP/HTTP with %s: %i', async (token, status) => {
    const reply = await fetch(`${local(backend.otlpUrl)}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', ...bearer(token) },
      body: new Uint8Array(SPAN),
    });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('www-authenticate') !== null).toBe(status === 401);
  });

  test.each([
    [undefined, 'UNAUTHENTICATED'],
    [READ, 'UNAUTHENTICATED'],
    [WRITE, 'OK'],
  ])('OTLP/gRPC with %s: %s', async (token, code) => {
    const client = grpcClient(local(backend.grpcUrl));
    expect(await client.call(SPAN, { metadata: bearer(token) })).toMatchObject({ code });
    client.close();
  });

  test.each([
    ['GET', '/api/v1/flags', undefined, 401],
    ['GET', '/api/v1/flags', WRITE, 401],
    ['GET', '/api/v1/flags', READ, 200],
    ['POST', '/api/v1/changes', READ, 401],
    // It is let in, and then told that its body is no change.
    ['POST', '/api/v1/changes', WRITE, 400],
    // A webhook is known by its signature; here none is expected.
    ['POST', '/webhooks/launchdarkly', undefined, 404],
  ])('%s %s with %s: %i', async (method, path, token, status) => {
    const reply = await fetch(`${local(backend.apiUrl)}${path}`, { method, headers: bearer(token) });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('www-authenticate') !== null).toBe(status === 401);
  });

  test('commands send the read token, and say how where they have none', async () => {
    const ask = ['flags', '--url', local(backend.apiUrl)];
    const without = await telltale(ask);
    expect([without.code, without.stderr]).toEqual([
      69,
      'Expected Authorization: Bearer with the read token, got none. The commands send what is in --token-file FILE, else TELLTALE_READ_TOKEN, else TELLTALE_TOKEN.\n',
    ]);
    const file = join(folder, 'read-token');
    writeFileSync(file, READ);
    expect((await telltale([...ask, '--token-file', file])).code).toBe(0);
    expect((await telltale(['check', 'none', ...ask.slice(1), '--token-file', file])).code).toBe(20);
  });
});

describe('on this machine', () => {
  let backend: BackendProcess;
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
    expect(await backend.stop()).toBe(0);
  });

  interface PageRequest {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly credentials?: 'include';
    readonly body?: string;
  }

  /** Status of what a page sends or asks, or that the browser kept the answer from it. */
  async function fromPage(page: Page, url: string, init: PageRequest): Promise<number | string> {
    return page.evaluate(
      ([url0, init0]) =>
        fetch(url0, init0).then(
          ({ status }) => status,
          (error: Error) => error.name,
        ),
      [url, init] as const,
    );
  }

  test('pages of a listed origin may send telemetry, others not, and none may ask the API', async () => {
    await using shop = await listen((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Shop</title>');
    });
    await using other = await listen((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Other</title>');
    });
    backend = await telltaleUp(join(folder, 'local'), { args: ['--cors-origin', shop.url] });
    const page = await browser.newPage();
    const post: PageRequest = {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
      credentials: 'include',
      body: JSON.stringify(FORM),
    };
    await page.goto(shop.url);
    expect(await fromPage(page, `${backend.otlpUrl}/v1/traces`, post)).toBe(200);
    // A refusal can be read by the page as well.
    expect(await fromPage(page, `${backend.otlpUrl}/v1/traces`, { ...post, body: '{' })).toBe(400);
    expect(await fromPage(page, `${backend.apiUrl}/api/v1/flags`, {})).toBe('TypeError');
    await page.goto(other.url);
    expect(await fromPage(page, `${backend.otlpUrl}/v1/traces`, post)).toBe('TypeError');
  });

  test('a name that is not of this machine is refused by both ports', async () => {
    for (const [url, path] of [
      [backend.otlpUrl, '/v1/traces'],
      [backend.apiUrl, '/api/v1/flags'],
    ] as const) {
      const status = await new Promise((resolve, reject) => {
        const asked = request(`${url}${path}`, { headers: { host: 'evil.example' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.end();
      });
      expect(status).toBe(403);
    }
  });

  test.each(['flags.example:443', 'https://flags.example', 'flags.example/cart'])(
    '--allowed-host %s is no name',
    async (host) => {
      const refused = await telltale(['up', '--port', 'none', '--allowed-host', host]);
      expect([refused.code, refused.stderr]).toEqual([
        64,
        expect.stringContaining('--allowed-host must be a name such as'),
      ]);
    },
  );

  test.each(['*', 'shop.example', 'https://shop.example/', 'https://shop.example/cart'])(
    '--cors-origin %s is no origin',
    async (origin) => {
      const refused = await telltale(['up', '--cors-origin', origin]);
      expect([refused.code, refused.stderr]).toEqual([
        64,
        expect.stringContaining('must be an origin such as'),
      ]);
    },
  );
});
