import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type AccessOptions, createAccess, isLoopback, readHostName } from '../../src/server/access.js';

const WRITE = 'write-token-0123456789';
const READ = 'read-token-0123456789';

function request(headers: Record<string, string>, method = 'GET'): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), {
    method,
    headers: { host: '127.0.0.1:4300', ...headers },
  });
}

function access(options: Partial<AccessOptions> = {}) {
  const none = { host: '127.0.0.1', allowedHosts: [], writeToken: undefined, readToken: undefined };
  return createAccess({ ...none, ...options });
}

describe('tokens', () => {
  const guarded = access({ host: '0.0.0.0', writeToken: WRITE, readToken: READ });

  it.each([
    [`Bearer ${READ}`, undefined],
    [`bearer   ${READ}`, undefined],
    [undefined, 'none'],
    [`Bearer ${WRITE}`, 'another'],
    [`Bearer ${READ}x`, 'another'],
    [`Bearer ${READ.slice(0, -1)}`, 'another'],
    [`Basic ${READ}`, 'another'],
    ['Bearer', 'another'],
    ['', 'another'],
  ])('reading with authorization %j', (authorization, got) => {
    const denial = guarded.api(request(authorization === undefined ? {} : { authorization }));
    if (got === undefined) expect(denial).toBeUndefined();
    else {
      expect(denial).toMatchObject({
        status: 401,
        message: expect.stringContaining(`read token, got ${got}.`),
      });
      expect(denial?.message).not.toContain(READ);
    }
  });

  it('asks for the write token whoever sends, by HTTP and gRPC, or posts', () => {
    for (const token of [WRITE, READ]) {
      const authorization = `Bearer ${token}`;
      const answers = [
        guarded.otlp(request({ authorization }, 'POST')),
        guarded.grpc(authorization),
        guarded.api(request({ authorization }, 'POST')),
      ].map((denial) => denial?.status);
      expect(answers).toEqual(token === WRITE ? [undefined, undefined, undefined] : [401, 401, 401]);
    }
  });

  it('says how to authenticate, and that a token was wrong', () => {
    expect(guarded.grpc(undefined)?.headers).toEqual({ 'WWW-Authenticate': 'Bearer realm="telltale"' });
    expect(guarded.grpc('Bearer x')?.headers).toEqual({
      'WWW-Authenticate': 'Bearer realm="telltale", error="invalid_token"',
    });
  });

  it('asks nobody where there is none', () => {
    expect(access().otlp(request({}, 'POST'))).toBeUndefined();
    expect(access({ writeToken: WRITE }).api(request({}))).toBeUndefined();
  });
});

describe('Host', () => {
  it.each([
    ['127.0.0.1:4300', true],
    ['127.8.9.1', true],
    ['localhost:4300', true],
    ['LOCALHOST', true],
    ['[::1]:4300', true],
    ['evil.example', false],
    ['evil.example:4300', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['127.0.0.1@evil.example', false],
    ['192.168.1.7', false],
    ['', false],
    ['a b', false],
  ])('%j on this machine alone: %s', (host, taken) => {
    for (const kind of ['otlp', 'api'] as const) {
      const denial = access()[kind](request({ host }));
      if (taken) expect(denial).toBeUndefined();
      else expect(denial).toMatchObject({ status: 403, message: expect.stringContaining('--allowed-host') });
    }
  });

  it('may be one that is listed', () => {
    const listed = access({ allowedHosts: ['flags.example'] });
    expect(listed.api(request({ host: 'flags.example:443' }))).toBeUndefined();
    expect(listed.api(request({ host: 'localhost' }))).toBeUndefined();
    expect(listed.api(request({ host: 'evil.example' }))?.status).toBe(403);
  });

  it.each([
    ['Flags.Example', 'flags.example', 'flags.example'],
    ['flüge.example', 'xn--flge-1ra.example', 'FLÜGE.example:4300'],
    ['192.168.1.7', '192.168.1.7', '192.168.1.7:4300'],
    ['[FD00::1]', 'fd00::1', '[fd00:0::1]:4300'],
  ])('may be listed as %s, which is %s', (listed, name, host) => {
    expect(readHostName(listed)).toBe(name);
    const allowedHosts = [readHostName(listed) ?? ''];
    expect(access({ allowedHosts }).api(request({ host }))).toBeUndefined();
    expect(access({ allowedHosts }).api(request({ host: 'evil.example' }))?.status).toBe(403);
  });

  it.each([
    ...[
      'flags.example:80',
      'flags.example:4300',
      'flags.example/',
      'flags.example/cart',
      'https://flags.example',
    ],
    ...['user@flags.example', 'flags.example?a', 'flags.example#a', 'fd00::1', '*.example', 'a b', ''],
  ])('%j is no name of a host', (text) => {
    expect(readHostName(text)).toBeUndefined();
  });

  it('is told which names are taken, and what came', () => {
    expect(access().api(request({ host: '192.168.1.7' }))?.message).toContain(
      'Expected Host to be localhost, 127.0.0.1, [::1] or a name given with --allowed-host, got "192.168.1.7".',
    );
  });

  it('may be any beyond this machine, where tokens keep pages out, unless names are listed', () => {
    expect(access({ host: '0.0.0.0' }).api(request({ host: 'any.example' }))).toBeUndefined();
    const listed = access({ host: '0.0.0.0', allowedHosts: ['flags.example'] });
    expect(listed.api(request({ host: 'any.example' }))?.status).toBe(403);
  });
});

describe('pages that ask the API', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['no browser', {}, true],
    ['its own page', { origin: 'http://127.0.0.1:4300', 'sec-fetch-site': 'same-origin' }, true],
    ['behind TLS', { host: 'localhost', origin: 'https://localhost', 'sec-fetch-site': 'same-origin' }, true],
    ['an address that is typed', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, true],
    ['a link that is followed', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, true],
    ['an image of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, false],
    ['another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, false],
    ['another origin', { origin: 'https://evil.example' }, false],
    ['a form that is sent', { origin: 'https://evil.example', 'sec-fetch-mode': 'navigate' }, false],
    ['a page without origin', { origin: 'null' }, false],
  ])('%s', (_what, headers, taken) => {
    for (const method of ['GET', 'POST']) {
      expect(access().api(request(headers, method))?.status).toBe(taken ? undefined : 403);
    }
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.evil.example', false],
])('%s is this machine alone: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
