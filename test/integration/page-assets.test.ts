import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../src/server/api.js';
import { assetRoutes } from '../../src/server/page/assets.js';

const PAGE = '<!doctype html><title>Telltale</title>';
const SCRIPT = 'console.log("telltale");';

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'telltale-page-'));
  await mkdir(join(folder, 'ui', 'assets'), { recursive: true });
  await writeFile(join(folder, 'ui', 'index.html'), PAGE);
  await writeFile(join(folder, 'ui', 'assets', 'index-1.js'), SCRIPT);
  await writeFile(join(folder, 'secret.js'), 'secret');
  server = createServer(
    createApi({
      routes: assetRoutes(pathToFileURL(`${join(folder, 'ui')}/`)),
      // As where a token is set and none is sent.
      check: () => ({ status: 401, message: 'Expected a token.', headers: {} }),
      onError: (error) => expect.unreachable(String(error)),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Not by `fetch`, which asks for compression by itself and hides it. */
function ask(path: string, acceptEncoding?: string): Promise<Got> {
  const { port } = server.address() as AddressInfo;
  const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
    }).on('error', reject);
  });
}

describe('the page', () => {
  it.each(['/', '/?service=shop', '/flags/new-checkout', '/flags/a%2Fb%3Cscript%3E?since=1h'])(
    'is answered at %s, without a token',
    async (path) => {
      const { status, headers, body } = await ask(path);
      expect([status, headers['content-type'], body.toString()]).toEqual([
        200,
        'text/html; charset=utf-8',
        PAGE,
      ]);
    },
  );

  it('may load nothing but its own files, and run nothing inline', async () => {
    const { headers } = await ask('/');
    const policy = headers['content-security-policy']?.toString() ?? '';
    expect(policy).toMatch(
      /default-src 'none'.*script-src 'self';.*style-src 'self';.*frame-ancestors 'none'/,
    );
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
  });

  it('is looked for anew each time, its files never: their names change with them', async () => {
    expect((await ask('/')).headers['cache-control']).toBe('no-cache');
    const { headers, body } = await ask('/assets/index-1.js');
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect([headers['content-type'], body.toString()]).toEqual(['text/javascript; charset=utf-8', SCRIPT]);
  });

  it.each([
    { accept: 'gzip, deflate, br', encoding: 'gzip' },
    { accept: 'br;q=1, gzip;q=0.5', encoding: 'gzip' },
    { accept: 'gzip;q=0', encoding: undefined },
    { accept: 'br', encoding: undefined },
    { accept: undefined, encoding: undefined },
  ])('is compressed as "$accept" asks', async ({ accept, encoding }) => {
    const { headers, body } = await ask('/assets/index-1.js', accept);
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers.vary).toBe('accept-encoding');
    expect((encoding === 'gzip' ? gunzipSync(body) : body).toString()).toBe(SCRIPT);
  });

  it.each(['/assets/..%2F..%2Fsecret.js', '/assets/..%2Findex.html', '/assets/none.js'])(
    'has no file at %s',
    async (path) => {
      const { status, body } = await ask(path);
      expect(status).toBe(404);
      expect(JSON.parse(body.toString()).error.code).toBe('not-found');
    },
  );
});

describe('a page that was not built', () => {
  it('says what to run', async () => {
    const [route] = assetRoutes(pathToFileURL(`${join(folder, 'nothing')}/`));
    const body = () => Promise.reject(new Error('not read'));
    const asked = route?.handle({ path: {}, query: new URLSearchParams(), headers: {}, body });
    await expect(asked).rejects.toThrow('The page is not built: run npm run build. The API is at /api/v1.');
  });
});
