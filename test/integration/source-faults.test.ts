import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { askJson } from '../../src/sources/http-json.js';
import { openSource } from '../../src/sources/location.js';
import { telltale } from '../support/backend-process.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A stand-in for a store that is not as it should be. */
async function standIn(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(started.address() as AddressInfo).port}`;
}

const WINDOW = { from: 1_700_000_000, to: 1_700_000_600 };
const flagsOf = (host: string, env: Record<string, string> = {}) =>
  openSource(`prometheus+http://reader@${host}/api/prom/`, env).flags(WINDOW, {});

describe('a store that cannot be used is named, and what to do', () => {
  test.each([
    [401, {}, 'refuses the credentials (status 401): check TELLTALE_PROMETHEUS_TOKEN'],
    [403, {}, 'refuses the credentials (status 403)'],
    [404, {}, 'has no such API (status 404): check the path of the address.'],
    [429, { 'retry-after': '30' }, 'has too many requests (status 429): ask again in 30 s.'],
    [429, {}, 'has too many requests (status 429): ask again later.'],
    [
      302,
      { location: 'http://login.invalid/' },
      'redirects (status 302): give the address that it redirects to.',
    ],
    [500, {}, 'fails (status 500): look at its own log, or ask again later.'],
    [503, {}, 'fails (status 503)'],
  ])('status %s with %j', async (status, headers, said) => {
    const host = await standIn((_, response) =>
      response.writeHead(status, headers).end('<html>secret</html>'),
    );
    const error = await flagsOf(host, { TELLTALE_PROMETHEUS_PASSWORD: 'hunter2' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(`Prometheus at http://${host}/api/prom ${said}`);
    expect(error.message).not.toMatch(/hunter2|secret|\n/);
  });

  test('HTML in place of JSON', async () => {
    const host = await standIn((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
    );
    await expect(flagsOf(host)).rejects.toThrow(
      `Prometheus at http://${host}/api/prom answered with status 200 and text/html, not JSON: a login page, a proxy or another program.`,
    );
  });

  test('JSON of something else', async () => {
    const host = await standIn((_, response) => response.end('{"hello": "world"}'));
    await expect(flagsOf(host)).rejects.toThrow(/ lists no values of __name__: is it a Prometheus API\?$/);
  });

  test.each([{ data: { result: [{}] } }, { data: { result: [null] } }, { data: { result: [[1, '2']] } }])(
    'series that are none: %j',
    async (answer) => {
      const host = await standIn((request, response) => {
        const names = { data: ['telltale_operation_duration_seconds'] };
        const data = request.url?.includes('/label/') ? names : answer;
        response.end(JSON.stringify({ status: 'success', ...data }));
      });
      await expect(flagsOf(host)).rejects.toThrow(/with what is no series: is it a Prometheus API\?$/);
    },
  );

  test('its refusal to list names is passed on as well', async () => {
    const host = await standIn((_, response) =>
      response.writeHead(422).end('{"status": "error", "error": "the query time range\\nexceeds the limit"}'),
    );
    await expect(flagsOf(host)).rejects.toThrow(
      /answered \/api\/v1\/label\/__name__\/values with no success: the query time range exceeds the limit\.$/,
    );
  });

  test('its own refusal is passed on', async () => {
    const host = await standIn((request, response) => {
      if (request.url?.includes('/label/')) {
        response.end('{"status": "success", "data": ["telltale_operation_duration_seconds"]}');
        return;
      }
      response.writeHead(422).end('{"status": "error", "error": "too many samples"}');
    });
    await expect(flagsOf(host)).rejects.toThrow(
      /answered \/api\/v1\/query\S* with no success: too many samples\.$/,
    );
  });

  test.each([
    [{ isPartial: true }, 'some of its nodes did not answer'],
    [{ warnings: ['receive series from Addr: store-2 unreachable'] }, 'store-2 unreachable'],
  ])('an answer in part (%j), to a question and of the names', async (part, said) => {
    for (const partly of ['/label/', '/query']) {
      const host = await standIn((request, response) => {
        const names = request.url?.includes('/label/') ?? false;
        const data = names ? ['telltale_operation_duration_seconds'] : { result: [] };
        const whole = {
          status: 'success',
          data,
          warnings: ['PromQL warning: a mix of histograms and floats'],
        };
        response.end(JSON.stringify({ ...whole, ...(request.url?.includes(partly) ? part : {}) }));
      });
      const error = await flagsOf(host).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'unavailable' });
      expect(error.message).toMatch(/^Prometheus at \S+ has answered only in part \(/);
      expect(error.message).toContain(said);
      server?.closeAllConnections();
      server?.close();
    }
  });

  test("what PromQL's engine annotates is no part of an answer that is missing", async () => {
    const host = await standIn((request, response) => {
      const data = request.url?.includes('/label/') ? [] : { result: [] };
      response.end(
        JSON.stringify({ status: 'success', data, isPartial: false, warnings: ['PromQL warning: a mix'] }),
      );
    });
    expect(await flagsOf(host)).toEqual([]);
  });

  test('silence, by a clock that is not waited for', async () => {
    const host = await standIn(() => {});
    const source = { name: 'Prometheus', url: `http://${host}`, headers: {}, credentials: '' };
    await expect(askJson(source, '/', { method: 'GET' }, 50)).rejects.toThrow(
      'does not answer (silent for 0.05 s)',
    );
  });

  test('what the runtime says of a request that it refuses is not shown: it may hold a header', async () => {
    const source = { name: 'X', url: 'http://127.0.0.1', headers: { a: 'hunter2\n3' }, credentials: '' };
    await expect(askJson(source, '/', { method: 'GET' })).rejects.toThrow(
      'X at http://127.0.0.1 does not answer (no connection): check',
    );
  });

  test('an answer that does not end', async () => {
    const host = await standIn((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(2 ** 20, ' ')));
        response.once('drain', more);
      };
      more();
    });
    await expect(flagsOf(host)).rejects.toThrow(
      'answers with more than 128 MiB, the most that is read: narrow',
    );
  });

  test('the command ends with 69, and the one sentence', async () => {
    const host = await standIn((_, response) => response.writeHead(401).end());
    const { code, stdout, stderr } = await telltale(['check', 'x', '--source', `prometheus+http://${host}`]);
    expect([code, stdout]).toEqual([69, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    await new Promise((resolve) => server?.close(resolve));
    const gone = await telltale(['compare', 'x', '--source', `prometheus+http://${host}`]);
    expect(gone).toMatchObject({
      code: 69,
      stderr: `Prometheus at http://${host} does not answer (ECONNREFUSED): check the address and that it runs.\n`,
    });
  });
});

describe('credentials are sent as they are configured', () => {
  test.each([
    [{ TELLTALE_PROMETHEUS_TOKEN: 't' }, { authorization: 'Bearer t' }],
    [{ TELLTALE_PROMETHEUS_PASSWORD: 'p' }, { authorization: `Basic ${btoa('reader:p')}` }],
    [{ TELLTALE_PROMETHEUS_ORG_ID: 'team-1' }, { 'x-scope-orgid': 'team-1' }],
  ])('%j', async (env, headers) => {
    const seen: unknown[] = [];
    const host = await standIn((request, response) => {
      seen.push(request.headers);
      response.end(
        '{"status": "success", "data": {"result": []}}'.replace(
          '{"result": []}',
          request.url?.includes('/label/') ? '[]' : '{"result": []}',
        ),
      );
    });
    expect(await flagsOf(host, env)).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);
    for (const one of seen) expect(one).toMatchObject(headers);
  });
});

describe('--source', () => {
  test.each([
    ['http://host:9090', {}, '--source must be prometheus+http://host:9090'],
    ['prometheus+ftp://host', {}, '--source must be'],
    ['prometheus+http://', {}, '--source must be'],
    ['prometheus+http://u:hunter2@host', {}, 'must not have a password'],
    ['prometheus+http://u:1/hunter2@host', {}, 'must not have a password'],
    ['nonsense://u:hunter2@host', {}, '--source must be'],
    ['prometheus+http://u:a/hunter2@host', {}, '--source must be'],
    ['prometheus+http:u:hunter2@more:@host', {}, '--source must be'],
    ['nonsense://u:a@hunter2@host', {}, '--source must be'],
    [
      'prometheus+http://host',
      { TELLTALE_PROMETHEUS_TOKEN: 'hunter2\n3' },
      'TELLTALE_PROMETHEUS_TOKEN must be',
    ],
    [
      'prometheus+http://host',
      { TELLTALE_PROMETHEUS_ORG_ID: 'hunter2…' },
      'TELLTALE_PROMETHEUS_ORG_ID must be',
    ],
    ['datadog', { DD_API_KEY: 'hunter2\u0000', DD_APP_KEY: 'b' }, 'DD_API_KEY must be'],
    ['datadog', { DD_API_KEY: 'a', DD_APP_KEY: 'hunter2\r\nx: y' }, 'DD_APP_KEY must be'],
    ['prometheus+http://hunter2%zz@host', {}, 'the user must be percent-encoded'],
    ['prometheus+http://host/?a=1', {}, 'without ? and #'],
    [
      'prometheus+http://host',
      { TELLTALE_PROMETHEUS_PASSWORD: 'p' },
      'TELLTALE_PROMETHEUS_PASSWORD needs a user',
    ],
    [
      'prometheus+http://host',
      { TELLTALE_PROMETHEUS_PASSWORD: 'p', TELLTALE_PROMETHEUS_TOKEN: 't' },
      'not both',
    ],
  ])('%s with %j is refused', (text, env, said) => {
    let message = '';
    try {
      openSource(text, env);
    } catch (error) {
      expect(error).toMatchObject({ code: 'usage' });
      message = (error as Error).message;
    }
    expect(message).toContain(said);
    expect(message).not.toContain('hunter2');
  });

  test('goes with neither --url nor a store of its own', async () => {
    const source = ['--source', 'prometheus+http://127.0.0.1:9'];
    expect(await telltale(['flags', '--url', 'http://127.0.0.1:9', ...source])).toMatchObject({ code: 64 });
    for (const [option, value] of [
      ['--data', '/tmp/x'],
      ['--cors-origin', 'https://shop.example'],
    ] as const) {
      const { code, stderr } = await telltale(['up', option, value, ...source]);
      expect([code, stderr]).toEqual([
        64,
        `${option} is of no use with --source: nothing is received and nothing kept.\n`,
      ]);
    }
  });
});
