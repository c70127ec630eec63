import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, describe, expect, it } from 'vitest';
import { createExporting, DEFAULT_MAX_BODY_BYTES, type Rejection } from '../../src/otlp/index.js';
import { MAX_MESSAGES } from '../../src/otlp/limits.js';
import { type Call, open, post, type Reply, statusOf } from '../support/otlp-client.js';
import { delimited, encodeMessage } from '../support/otlp-encoder.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';
import { startReceiver, type TestReceiver, type TestReceiverOptions } from '../support/otlp-receiver.js';

const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM = traceForm(spanForm());
const GOOD = encodeMessage('ExportTraceServiceRequest', FORM);
const GOOD_JSON = JSON.stringify(FORM);
const DEEP = '{"arrayValue":{"values":['.repeat(10_000) + ']}}'.repeat(10_000);
const DEEP_JSON = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${DEEP}}]}]}]}`;

let receiver: TestReceiver;
afterEach(() => receiver.close());

async function start(options: TestReceiverOptions = {}): Promise<Call> {
  receiver = await startReceiver(options);
  return { port: receiver.port };
}

/** The receiver goes on: a good request is still answered. */
async function expectAlive(call: Call): Promise<void> {
  const before = receiver.spans.length;
  expect((await post({ ...call, headers: PROTOBUF }, GOOD)).status).toBe(200);
  expect(receiver.spans).toHaveLength(before + 1);
}

describe('success', () => {
  it('answers in the encoding of the request, empty where all was taken', async () => {
    const call = await start();
    const protobuf = await post({ ...call, headers: PROTOBUF }, GOOD);
    expect([protobuf.status, protobuf.headers['content-type'], protobuf.body.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ]);
    const json = await post({ ...call, headers: JSON_TYPE }, GOOD_JSON);
    expect([json.status, json.headers['content-type'], json.body.toString()]).toEqual([
      200,
      'application/json',
      '{}',
    ]);
    expect(receiver.spans).toHaveLength(2);
  });

  it.each([
    ['parameters', { 'Content-Type': 'Application/JSON; charset=utf-8' }, GOOD_JSON],
    ['identity', { ...PROTOBUF, 'Content-Encoding': 'identity' }, GOOD],
    ['gzip in capitals', { ...PROTOBUF, 'Content-Encoding': 'GZIP' }, gzipSync(GOOD)],
    ['deflate', { ...PROTOBUF, 'Content-Encoding': 'deflate' }, deflateSync(GOOD)],
  ])('takes %s', async (_what, headers, body) => {
    const call = await start();
    expect((await post({ ...call, headers }, body)).status).toBe(200);
    expect(receiver.spans).toHaveLength(1);
  });

  it('takes a query string, and an empty body as an empty request, without asking the sink', async () => {
    const call = await start({ settle: () => Promise.reject(new Error('not to be called')) });
    for (const path of ['/v1/traces?tenant=1', '/v1/metrics', '/v1/logs']) {
      expect((await post({ ...call, path, headers: PROTOBUF }, '')).status).toBe(200);
    }
    expect((await post({ ...call, headers: JSON_TYPE }, '{}')).body.toString()).toBe('{}');
  });

  it('answers only after the promise of the sink has resolved', async () => {
    let store = (): void => {};
    let reached = (): void => {};
    const stored = new Promise<undefined>((resolve) => {
      store = () => resolve(undefined);
    });
    const called = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const call = await start({
      settle: () => {
        reached();
        return stored;
      },
    });
    let answered = false;
    const reply = post({ ...call, headers: PROTOBUF }, GOOD).finally(() => {
      answered = true;
    });
    await called;
    // Whole round trips on the same event loop: time enough for an answer that did not wait.
    for (let i = 0; i < 5; i++) expect((await post({ ...call, path: '/none' }, '')).status).toBe(404);
    expect(answered).toBe(false);
    store();
    expect((await reply).status).toBe(200);
  });
});

describe('partial success', () => {
  const MIXED = traceForm(spanForm({ traceId: '01' }), spanForm(), spanForm());
  const settle = async (): Promise<Rejection> => ({
    count: 1,
    message: 'Older than the retention of 7 days.',
  });

  it('adds what the sink refused to what could not be used', async () => {
    const call = await start({ settle });
    const errorMessage =
      '1 spans refused: 1 because its trace id has 1 bytes where 16 are expected. Older than the retention of 7 days.';
    const json = await post({ ...call, headers: JSON_TYPE }, JSON.stringify(MIXED));
    expect(JSON.parse(json.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage },
    });
    const protobuf = await post(
      { ...call, headers: PROTOBUF },
      encodeMessage('ExportTraceServiceRequest', MIXED),
    );
    // The SDK's own reader of responses.
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(protobuf.body);
    expect(Number(partialSuccess?.rejectedSpans)).toBe(2);
    expect(partialSuccess?.errorMessage).toBe(errorMessage);
    expect([json.status, protobuf.status]).toEqual([200, 200]);
    expect(receiver.spans).toHaveLength(4);
  });

  it.each([
    [
      '/v1/logs',
      { resourceLogs: [{ scopeLogs: [{ logRecords: [{ traceId: '01' }] }] }] },
      'rejectedLogRecords',
    ],
    [
      '/v1/metrics',
      { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: [{}] } }] }] }] },
      'rejectedDataPoints',
    ],
  ])('%s', async (path, form, field) => {
    const call = await start();
    const reply = await post({ ...call, path, headers: JSON_TYPE }, JSON.stringify(form));
    expect(JSON.parse(reply.body.toString()).partialSuccess[field]).toBe('1');
  });

  it('carries counts beyond 32 bits', async () => {
    const call = await start({ settle: async () => ({ count: 2 ** 40 + 1, message: 'x' }) });
    const reply = await post({ ...call, headers: PROTOBUF }, GOOD);
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(reply.body);
    expect(Number(partialSuccess?.rejectedSpans)).toBe(2 ** 40 + 1);
  });
});

describe('refusals', () => {
  it.each<[string, Partial<Call>, Uint8Array | string, number, number, RegExp]>([
    [
      'an unknown path',
      { path: '/v2/traces', headers: JSON_TYPE },
      '{}',
      404,
      5,
      /one of \/v1\/traces, \/v1\/metrics, \/v1\/logs, got \/v2\/traces/,
    ],
    ['another method', { method: 'PUT', headers: PROTOBUF }, GOOD, 405, 12, /^Expected POST, got PUT/],
    [
      'another content type',
      { headers: { 'Content-Type': 'text/plain' } },
      GOOD,
      415,
      3,
      /Content-Type application\/x-protobuf or application\/json, got text\/plain/,
    ],
    ['no content type', {}, GOOD, 415, 3, /got none/],
    [
      'another content encoding',
      { headers: { ...PROTOBUF, 'Content-Encoding': 'br' } },
      GOOD,
      415,
      3,
      /gzip, deflate or identity, got br/,
    ],
    [
      'two content encodings',
      { headers: { ...PROTOBUF, 'Content-Encoding': 'gzip, gzip' } },
      GOOD,
      415,
      3,
      /got gzip, gzip/,
    ],
    [
      'malformed protobuf',
      { headers: PROTOBUF },
      GOOD.subarray(0, -1),
      400,
      3,
      /^Malformed protobuf at byte \d+: expected/,
    ],
    ['JSON as protobuf', { headers: PROTOBUF }, GOOD_JSON, 400, 3, /^Malformed protobuf/],
    ['malformed JSON', { headers: JSON_TYPE }, GOOD_JSON.slice(0, -1), 400, 3, /^Malformed JSON/],
    [
      'JSON of another shape',
      { headers: JSON_TYPE },
      '{"resourceSpans":{}}',
      400,
      3,
      /resourceSpans to be an array/,
    ],
    ['an empty JSON body', { headers: JSON_TYPE }, '', 400, 3, /^Malformed JSON/],
    [
      'a plain body as gzip',
      { headers: { ...PROTOBUF, 'Content-Encoding': 'gzip' } },
      GOOD,
      400,
      3,
      /^Malformed gzip: .*incorrect header check/,
    ],
    [
      'a cut gzip body',
      { headers: { ...PROTOBUF, 'Content-Encoding': 'gzip' } },
      gzipSync(GOOD).subarray(0, -4),
      400,
      3,
      /^Malformed gzip: .*unexpected end of file/,
    ],
    [
      'deflate without the header of zlib',
      { headers: { ...PROTOBUF, 'Content-Encoding': 'deflate' } },
      deflateRawSync(GOOD),
      400,
      3,
      /^Malformed deflate: expected a whole zlib stream/,
    ],
    ['a gzip body as plain', { headers: PROTOBUF }, gzipSync(GOOD), 400, 3, /Content-Encoding is named/],
    [
      'a value 10,000 deep',
      { path: '/v1/logs', headers: JSON_TYPE },
      DEEP_JSON,
      400,
      3,
      /inside one another/,
    ],
    [
      'an integer of eleven bytes',
      { headers: PROTOBUF },
      Buffer.alloc(11, 0xff),
      400,
      3,
      /varint of at most 64 bits/,
    ],
    [
      'a length beyond the body',
      { headers: PROTOBUF },
      Buffer.from([0x0a, 0xff, 0x7f]),
      400,
      3,
      /expected 16383 bytes in field 1, got 0/,
    ],
  ])('%s', async (_what, how, body, status, code, message) => {
    const call = await start();
    const reply = await post({ ...call, ...how }, body);
    expect(reply.status).toBe(status);
    expect(statusOf(reply)).toEqual({ code, message: expect.stringMatching(message) });
    const isProtobuf = how.headers?.['Content-Type'] === 'application/x-protobuf';
    expect(reply.headers['content-type']).toBe(isProtobuf ? 'application/x-protobuf' : 'application/json');
    expect(reply.headers['allow']).toBe(status === 405 ? 'POST' : undefined);
    expect(reply.headers['retry-after']).toBeUndefined();
    expect(receiver.spans).toEqual([]);
    await expectAlive(call);
    expect(receiver.errors).toEqual([]);
  });

  it('keeps the connection where the refused body was read, and closes it where it was not', async () => {
    const call = await start({ maxBodyBytes: 100 });
    const send = (body: string): Promise<Response> =>
      fetch(`${receiver.url}/v1/traces`, { method: 'POST', headers: PROTOBUF, body });
    const read = await send('x');
    expect([read.status, read.headers.get('connection')]).toEqual([400, 'keep-alive']);
    const unread = await send('x'.repeat(1_000_000));
    expect([unread.status, unread.headers.get('connection')]).toEqual([413, 'close']);
    await expectAlive(call);
  });
});

describe('body size', () => {
  const limit = GOOD.length;
  const over = encodeMessage('ExportTraceServiceRequest', {
    ...FORM,
    resourceSpans: [...(FORM['resourceSpans'] as []), {}],
  });
  const expectTooLarge = (reply: Reply, bytes = limit): void => {
    expect(reply.status).toBe(413);
    expect(statusOf(reply)).toEqual({
      code: 8,
      message: `Expected a body of at most ${bytes} bytes after decompression, got more. Send smaller batches.`,
    });
  };

  it('takes the limit and refuses one message more, plain, chunked and compressed', async () => {
    const call = { ...(await start({ maxBodyBytes: limit })), headers: PROTOBUF };
    const chunked = { ...call, headers: { ...PROTOBUF, 'Transfer-Encoding': 'chunked' } };
    expect((await post(call, GOOD)).status).toBe(200);
    expect((await post(chunked, GOOD)).status).toBe(200);
    expectTooLarge(await post(call, over));
    expectTooLarge(await post(chunked, over));
    await expectAlive(call);
  });

  it('counts after decompression', async () => {
    const many = traceForm(...Array.from({ length: 50 }, () => spanForm()));
    const body = encodeMessage('ExportTraceServiceRequest', many);
    const call = {
      ...(await start({ maxBodyBytes: body.length })),
      headers: { ...PROTOBUF, 'Content-Encoding': 'gzip' },
    };
    expect((await post(call, gzipSync(body))).status).toBe(200);
    const larger = Buffer.concat([body, Buffer.from([0x0a, 0])]);
    expect(gzipSync(larger).length).toBeLessThan(body.length);
    expectTooLarge(await post(call, gzipSync(larger)), body.length);
    await expectAlive({ port: call.port });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('stops a bomb of %s at the limit', async (compression, compress) => {
    const call = {
      ...(await start({ maxBodyBytes: 64 * 1024 })),
      headers: { ...PROTOBUF, 'Content-Encoding': compression },
    };
    const bomb = compress(Buffer.alloc(60 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(64 * 1024);
    expectTooLarge(await post(call, bomb), 64 * 1024);
    await expectAlive({ port: call.port });
  });

  it('answers a huge Content-Length before its body comes', async () => {
    const call = { ...(await start()), headers: { ...PROTOBUF, 'Content-Length': String(2 ** 40) } };
    expectTooLarge(await open(call, (request) => request.flushHeaders()), DEFAULT_MAX_BODY_BYTES);
    await expectAlive({ port: call.port });
  });

  it('gets its answer through to a client that is still sending', async () => {
    const call = {
      ...(await start({ maxBodyBytes: 1024 })),
      headers: { ...PROTOBUF, 'Transfer-Encoding': 'chunked' },
    };
    for (let round = 0; round < 5; round++) {
      expectTooLarge(await post(call, Buffer.alloc(8 * 1024 * 1024)), 1024);
    }
    await expectAlive({ port: call.port });
  });

  it('refuses a body within the limit that holds too many messages', async () => {
    const call = { ...(await start()), headers: PROTOBUF };
    const spans = Buffer.alloc(2 * MAX_MESSAGES, Buffer.from([0x12, 0]));
    const reply = await post(call, delimited(1, delimited(2, spans)));
    expect(reply.status).toBe(413);
    expect(statusOf(reply)).toEqual({ code: 8, message: expect.stringContaining('Send smaller batches') });
    await expectAlive(call);
  });

  it('refuses a limit that is none', async () => {
    await start();
    const sink = {
      spans: async () => undefined,
      logs: async () => undefined,
      metrics: async () => undefined,
    };
    for (const maxBodyBytes of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => createExporting({ sink, maxBodyBytes })).toThrow(`got ${maxBodyBytes}`);
      expect(() => createExporting({ sink, maxHeldBytes: maxBodyBytes })).toThrow(`got ${maxBodyBytes}`);
    }
  });
});
