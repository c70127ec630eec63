import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import type { Evaluation } from '../../src/core/evaluation.js';
import { takeFault } from '../../src/core/faults.js';
import { currentScope, runInScope, Scope } from '../../src/core/scope.js';
import { configure } from '../../src/index.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { endHttpOperation } from '../../src/instrument/http-operation.js';
import { run } from '../../src/instrument/run.js';
import { type Stranger, startStranger } from '../support/app-headers.js';
import { type Listening, listen } from '../support/app-listen.js';
import { END, EVALUATION, RECORDS_OFF } from '../support/app-operation.js';

const LIMIT = 100;
let listed: Stranger;
let other: Stranger;
let redirecting: Listening;
const redirected: unknown[] = [];

beforeAll(async () => {
  listed = await startStranger();
  other = await startStranger();
  redirecting = await listen((request, response) => {
    redirected.push(request.headers['baggage']);
    response.writeHead(307, { location: other.url }).end();
  });
  const sendTo = [
    `127.0.0.1:${listed.port}`,
    new URL(redirecting.url).host,
    'proxy.internal',
    'localhost',
    'orders.internal',
    'secure.internal:443',
    '[::1]:1234',
  ];
  configure({
    baggage: { flags: ['f', 'g', 'f'], sendTo },
    limits: { baggageBytes: LIMIT },
  });
  return async () => {
    await listed[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await redirecting[Symbol.asyncDispose]();
  };
});
beforeEach(() => {
  listed.requests.length = 0;
  other.requests.length = 0;
});

/** Evaluates flags in an operation, and then does something in it. */
async function inOperation<T>(evaluations: Partial<Evaluation>[], fn: () => Promise<T>): Promise<T> {
  return runInScope(new Scope(undefined, undefined), () => {
    for (const one of evaluations) recordEvaluation({ ...EVALUATION, ...one }, RECORDS_OFF);
    return fn();
  });
}

async function get(options: http.RequestOptions): Promise<void> {
  const [response] = (await once(http.get({ host: '127.0.0.1', ...options }), 'response')) as [
    http.IncomingMessage,
  ];
  response.resume();
  await once(response, 'end');
}

const fetchIt = async (url: string, headers: Record<string, string> = {}): Promise<void> => {
  await (await fetch(url, { headers })).text();
};

function baggageOf({ requests }: Stranger): (string | undefined)[] {
  return requests.flatMap((request) => {
    const lines = request.split('\n').filter((line) => /^baggage: /i.test(line));
    return lines.length === 0 ? [undefined] : lines.map((line) => line.slice('baggage: '.length));
  });
}

const ON = { key: 'f', variant: 'on' };

describe('an outgoing request', () => {
  it('has the flags that may travel, once, and no other', async () => {
    const evaluations: Partial<Evaluation>[] = [
      { key: 'g', variant: 'b', assignment: 'override', version: '7' },
      ON,
      { key: 'secret', variant: 'on' },
      { key: 'h', variant: undefined },
    ];
    await inOperation(evaluations, async () => {
      await get({ port: listed.port });
      await fetchIt(listed.url);
      await get({ port: other.port });
      await fetchIt(other.url);
    });
    const expected = 'feature_flags.f=on,feature_flags.g=b;assignment=override;version=7';
    expect(baggageOf(listed)).toEqual([expected, expected]);
    expect(baggageOf(other)).toEqual([undefined, undefined]);
  });

  it('has none of a flag without a variant, and a mixed one as mixed', async () => {
    await inOperation([{ key: 'f', variant: undefined }, { key: 'g' }, { key: 'g', variant: 'off' }], () =>
      get({ port: listed.port }),
    );
    expect(baggageOf(listed)).toEqual(['feature_flags.g=__mixed__']);
  });

  it('has none outside of an operation', async () => {
    await inOperation([ON], async () => {});
    await get({ port: listed.port });
    await fetchIt(listed.url);
    expect(baggageOf(listed)).toEqual([undefined, undefined]);
  });

  it('has none once its operation has ended', async () => {
    await inOperation([ON], async () => {
      const scope = currentScope();
      if (scope !== undefined) endHttpOperation(scope, END);
      await get({ port: listed.port });
    });
    expect(baggageOf(listed)).toEqual([undefined]);
  });

  it('has those of the innermost operation', async () => {
    await inOperation([ON], async () => {
      await run('job', async () => {
        recordEvaluation({ ...EVALUATION, key: 'g' }, RECORDS_OFF);
        await get({ port: listed.port });
      });
    });
    expect(baggageOf(listed)).toEqual(['feature_flags.g=on']);
  });

  it('keeps what the application put into the header', async () => {
    const baggage = 'tenant=42;x=1, user=a%20b';
    await inOperation([ON], async () => {
      await get({ port: listed.port, headers: { Baggage: baggage } });
      await get({ port: listed.port, headers: { baggage: ['a=1', 'b=2'] } });
      await fetchIt(listed.url, { Baggage: baggage });
      await fetchIt(other.url, { baggage });
    });
    const expected = `${baggage},feature_flags.f=on`;
    expect(baggageOf(listed)).toEqual([expected, 'a=1,b=2,feature_flags.f=on', expected]);
    expect(baggageOf(other)).toEqual([baggage]);
  });

  it('takes out flags that somebody else put there, and leaves no header where there is nothing else', async () => {
    const baggage = 'a=1, feature_flags.secret=on ,b=2,feature_flags.f=off';
    await inOperation([ON], async () => {
      await get({ port: listed.port, headers: { baggage } });
      await get({ port: other.port, headers: { baggage } });
      await fetchIt(listed.url, { baggage });
      await fetchIt(other.url, { baggage });
      await get({ port: other.port, headers: { baggage: 'feature_flags.f=on' } });
      await fetchIt(other.url, { baggage: 'feature_flags.f=on' });
    });
    expect(baggageOf(listed)).toEqual(['a=1,b=2,feature_flags.f=on', 'a=1,b=2,feature_flags.f=on']);
    expect(baggageOf(other)).toEqual(['a=1,b=2', 'a=1,b=2', undefined, undefined]);
  });

  it.each([
    ['another Host header', { host: 'localhost', headers: { host: 'evil.example' } }],
    ['a Host header that is none', { host: 'localhost', headers: { host: 'a b' } }],
    ['another port in the Host header', { headers: { host: '127.0.0.1:1' } }],
    ['no Host header, so that the port is not known', { setHost: false, headers: { connection: 'close' } }],
    ['a whole URL for a proxy, of a host that is not listed', { path: 'http://evil.example/' }],
    ['a whole URL that is none', { path: 'nonsense' }],
    ['its port left out, where another one is listed', { host: 'secure.internal', port: 80 }],
    ['a host that is none', { host: 'local%68ost', lookup: () => {} }],
    ['a Unix socket', { host: 'localhost', socketPath: '/nowhere/at.all' }],
    ['a tunnel to somebody else', { method: 'CONNECT', path: 'evil.example:443' }],
  ])('to a listed host has none with %s', async (_name, options: http.RequestOptions) => {
    await inOperation([ON], async () => {
      const request = http.request({ host: '127.0.0.1', port: listed.port, ...options });
      request.on('error', () => {});
      expect(request.getHeader('baggage')).toBeUndefined();
      request.destroy();
    });
  });

  it.each([
    'http://orders.internal',
    'https://orders.internal',
    'http://secure.internal:443',
    'https://secure.internal',
    'https://SECURE.internal./',
    'http://[::1]:1234/',
  ])('to %s has them', async (url) => {
    await inOperation([ON], async () => {
      const client = url.startsWith('https:') ? https : http;
      const request = client.request(url, { lookup: () => {} });
      request.on('error', () => {});
      expect(request.getHeader('baggage')).toBe('feature_flags.f=on');
      request.destroy();
    });
  });

  it('has none where the Host header names another listed host, so that the port is not known', async () => {
    await inOperation([ON], () =>
      get({ port: other.port, headers: { host: `proxy.internal:${listed.port}` } }),
    );
    expect(baggageOf(other)).toEqual([undefined]);
  });

  it('has them where a proxy and the host behind it are both listed', async () => {
    await inOperation([ON], () =>
      get({
        port: listed.port,
        path: 'http://proxy.internal/',
        headers: { host: `127.0.0.1:${listed.port}` },
      }),
    );
    expect(baggageOf(listed)).toEqual(['feature_flags.f=on']);
  });

  it('goes out as it is where its headers are fixed by then', async () => {
    await inOperation([ON], async () => {
      await get({ port: listed.port, headers: ['Host', 'x', 'Baggage', 'a=1'] });
      await get({ port: listed.port, headers: { expect: '100-continue', baggage: 'a=1' } });
    });
    expect(baggageOf(listed)).toEqual(['a=1', 'a=1']);
    expect(dropCounts().get('fault')).toBeUndefined();
  });

  it('has none in a redirect from a listed host to one that is not', async () => {
    await inOperation([ON], () => fetchIt(redirecting.url));
    expect(redirected).toEqual(['feature_flags.f=on']);
    expect(baggageOf(other)).toEqual([undefined]);
  });
});

describe('the size of what is sent', () => {
  const name = 'feature_flags.f=';

  it(`is ${LIMIT} bytes at most, and what comes later may still fit`, async () => {
    const before = dropCounts().get('baggage_bytes') ?? 0;
    const variant = 'x'.repeat(LIMIT - name.length);
    await inOperation([{ key: 'f', variant }], () => get({ port: listed.port }));
    expect(dropCounts().get('baggage_bytes') ?? 0).toBe(before);
    await inOperation([{ key: 'f', variant: `${variant}x` }, { key: 'g' }], () => get({ port: listed.port }));
    expect(dropCounts().get('baggage_bytes')).toBe(before + 1);
    expect(baggageOf(listed)).toEqual([name + variant, 'feature_flags.g=on']);
  });

  it('counts the comma between two', async () => {
    const second = ',feature_flags.g=on';
    const variant = 'y'.repeat(LIMIT - name.length - second.length);
    await inOperation([{ key: 'f', variant }, { key: 'g' }], () => get({ port: listed.port }));
    await inOperation([{ key: 'f', variant: `${variant}y` }, { key: 'g' }], () => get({ port: listed.port }));
    expect(baggageOf(listed)).toEqual([name + variant + second, `${name}${variant}y`]);
  });

  it('leaves a header with more than 8,192 bytes to nobody', async () => {
    const own = ',feature_flags.f=on';
    const fits = `a=${'z'.repeat(8_192 - own.length - 2)}`;
    await inOperation([ON], async () => {
      await get({ port: listed.port, headers: { baggage: fits } });
      await get({ port: listed.port, headers: { baggage: `${fits}z` } });
    });
    expect(baggageOf(listed)).toEqual([fits + own, `${fits}z`]);
  });
});

describe('propagation that turned itself off', () => {
  it('sends nothing, and still lets no flag out to strangers', async () => {
    for (let i = 0; i < 10; i += 1) takeFault('the baggage of outgoing requests', new Error('again'));
    await inOperation([ON], async () => {
      await get({ port: listed.port });
      await get({ port: other.port, headers: { baggage: 'feature_flags.f=on,a=1' } });
    });
    expect(baggageOf(listed)).toEqual([undefined]);
    expect(baggageOf(other)).toEqual(['a=1']);
  });
});
