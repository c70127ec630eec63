import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createExporting } from '../../src/otlp/export.js';
import { meterMessage } from '../../src/otlp/grpc-meter.js';
import { startGrpcReceiver } from '../support/grpc-receiver.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { logForm, metricForm, spanForm, traceForm } from '../support/otlp-forms.js';

const LARGE = encodeMessage(
  'ExportTraceServiceRequest',
  traceForm(...Array.from({ length: 100 }, () => spanForm())),
);
const MIB = 2 ** 20;
const RETRY_INFO = 'grpc-status-details-bin';
const stored = async (): Promise<undefined> => undefined;
const NO_SINK = { spans: stored, logs: stored, metrics: stored };

const SPAN = encodeMessage('ExportTraceServiceRequest', traceForm(spanForm()));

describe('success', () => {
  it.each([undefined, 'gzip', 'deflate'] as const)('takes %s', async (compression) => {
    const receiver = await startGrpcReceiver();
    const reply = await receiver.call(SPAN, compression === undefined ? {} : { compression });
    expect(reply).toEqual({ code: 'OK', message: '', body: Buffer.alloc(0), retryAfter: undefined });
    expect(receiver.spans.map(({ name }) => name)).toEqual(['GET /']);
    expect(receiver.answered).toMatchObject([
      { protocol: 'grpc', signal: 'traces', status: 200, bytes: SPAN.length, delivery: { accepted: 1 } },
    ]);
  });

  it('answers only after the promise of the sink has resolved', async () => {
    let store = (): void => {};
    const stored = new Promise<undefined>((resolve) => {
      store = () => resolve(undefined);
    });
    const receiver = await startGrpcReceiver({ settle: () => stored });
    let answered = false;
    const reply = receiver.call(SPAN).finally(() => {
      answered = true;
    });
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(1));
    // Whole round trips on the same connection: time enough for an answer that did not wait.
    for (let i = 0; i < 5; i++)
      expect((await receiver.call(Buffer.alloc(1, 0xff))).code).toBe('INVALID_ARGUMENT');
    expect(answered).toBe(false);
    store();
    expect((await reply).code).toBe('OK');
  });

  it.each([
    [
      'traces',
      encodeMessage('ExportTraceServiceRequest', traceForm(spanForm({ traceId: '01' }), spanForm())),
      1,
    ],
    ['metrics', encodeMessage('ExportMetricsServiceRequest', metricForm({ gauge: { dataPoints: [{}] } })), 0],
    ['logs', encodeMessage('ExportLogsServiceRequest', logForm({ traceId: '01' }, {})), 1],
  ] as const)('says what of %s it refused in partial_success', async (signal, body, accepted) => {
    const receiver = await startGrpcReceiver();
    const reply = await receiver.call(body, { signal });
    expect(reply.code).toBe('OK');
    // The three responses have one form on the wire.
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(reply.body);
    expect(Number(partialSuccess?.rejectedSpans)).toBe(1);
    expect(partialSuccess?.errorMessage).toMatch(/^1 .* refused: 1 because/);
    expect(receiver.answered).toMatchObject([{ signal, delivery: { accepted, invalid: 1, notStored: 0 } }]);
  });
});

describe('refusals', () => {
  it.each([
    ['bytes that are no message', SPAN.subarray(1), 'INVALID_ARGUMENT', /^Malformed protobuf/],
    ['a message beyond the limit', Buffer.alloc(2000), 'RESOURCE_EXHAUSTED', /larger than max/],
  ])('%s will never be accepted: no RetryInfo', async (_what, body, code, message) => {
    const receiver = await startGrpcReceiver({ maxBodyBytes: 1000 });
    const reply = await receiver.call(body);
    expect(reply).toMatchObject({ code, message: expect.stringMatching(message), retryAfter: undefined });
    expect((await receiver.call(SPAN)).code).toBe('OK');
    expect(receiver.errors).toEqual([]);
  });

  it.each(['gzip', 'deflate'] as const)('a bomb of %s is stopped at the limit', async (compression) => {
    const receiver = await startGrpcReceiver({ maxBodyBytes: 64 * 1024 });
    const reply = await receiver.call(Buffer.alloc(20 * 1024 * 1024), { compression });
    expect(reply).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      message: expect.stringContaining('at most 65536 bytes after decompression'),
      retryAfter: undefined,
    });
    expect((await receiver.call(SPAN)).code).toBe('OK');
    expect([receiver.held(), receiver.answered.map(({ status }) => status)]).toEqual([0, [413, 200]]);
  });

  it('a message that is no gzip although it says so will never be accepted', async () => {
    const receiver = await startGrpcReceiver();
    const call = sendMessage(await connected(receiver.url), { encoding: 'gzip', flag: 1 }, SPAN);
    expect(await call).toEqual(['3', false]);
    expect([receiver.spans, receiver.held(), receiver.errors]).toEqual([[], 0, []]);
    expect(receiver.answered).toMatchObject([{ protocol: 'grpc', status: 400 }]);
  });

  it('a compression that is not known is UNIMPLEMENTED', async () => {
    const receiver = await startGrpcReceiver();
    const call = sendMessage(await connected(receiver.url), { encoding: 'snappy', flag: 1 }, SPAN);
    expect(await call).toEqual(['12', false]);
  });

  it('what the store could not take is UNAVAILABLE with RetryInfo, and reported', async () => {
    const fault = new Error('disk full at /secret/path');
    const receiver = await startGrpcReceiver({ settle: () => Promise.reject(fault) });
    const reply = await receiver.call(SPAN);
    expect(reply).toMatchObject({ code: 'UNAVAILABLE', retryAfter: 1 });
    expect(reply.message).not.toContain('secret');
    expect(receiver.errors).toEqual([fault]);
    expect(receiver.answered).toMatchObject([{ status: 503, delivery: null }]);
  });

  it('too much under way is RESOURCE_EXHAUSTED with RetryInfo, until one was answered', async () => {
    let letGo = (): void => {};
    const held = new Promise<undefined>((resolve) => {
      letGo = () => resolve(undefined);
    });
    const receiver = await startGrpcReceiver({ maxHeldBytes: 1.5 * LARGE.length, settle: () => held });
    const first = receiver.call(LARGE);
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(100));
    expect(receiver.held()).toBe(LARGE.length);
    expect(await receiver.call(LARGE)).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryAfter: 1 });
    letGo();
    expect((await first).code).toBe('OK');
    expect((await receiver.call(SPAN)).code).toBe('OK');
    expect(receiver.errors).toEqual([]);
  });

  it('a call without the token ends before its message is read', async () => {
    const receiver = await startGrpcReceiver({ token: 'Bearer right' });
    expect(await receiver.call(SPAN)).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'Expected a token.',
    });
    // Bytes that no decoder takes are not looked at.
    expect((await receiver.call(Buffer.alloc(9, 0xff))).code).toBe('UNAUTHENTICATED');
    expect((await receiver.call(SPAN, { metadata: { authorization: 'Bearer right' } })).code).toBe('OK');
    expect(receiver.answered.map(({ status }) => status)).toEqual([401, 401, 200]);
  });

  it('another service is UNIMPLEMENTED', async () => {
    const receiver = await startGrpcReceiver();
    const path = '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export';
    expect((await receiver.call(SPAN, { path })).code).toBe('UNIMPLEMENTED');
  });
});

/** A session that ends with the test. */
async function connected(url: string): Promise<ClientHttp2Session> {
  const session = connect(url);
  onTestFinished(() => session.destroy());
  await new Promise((resolve) => session.once('connect', resolve));
  return session;
}

function openCall(session: ClientHttp2Session, headers: Readonly<Record<string, string>>): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => {});
  return stream;
}

/** A call with the head of a message of 1 MiB, and nothing more. */
function beginCall(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = openCall(session, {});
  stream.write(Buffer.from([0, 0, 16, 0, 0]));
  return stream;
}

/** A message as it goes over the wire. */
function framed(flag: 0 | 1, message: Buffer): Buffer {
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The status that a whole message is answered with, and whether it may be sent again. */
function sendMessage(
  session: ClientHttp2Session,
  { encoding, flag }: { readonly encoding: string; readonly flag: 0 | 1 },
  message: Buffer,
): Promise<[status: unknown, retryable: boolean]> {
  const stream = openCall(session, { 'grpc-encoding': encoding });
  stream.end(framed(flag, message));
  stream.resume();
  return new Promise((resolve) => {
    const onEnd = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers['grpc-status'] !== undefined)
        resolve([headers['grpc-status'], headers[RETRY_INFO] !== undefined]);
    };
    stream.on('response', onEnd).on('trailers', onEnd);
  });
}

describe('a message on its way', () => {
  it('is held as it comes, each frame as the object it is, and given up beyond the bound', async () => {
    const receiver = await startGrpcReceiver({ maxHeldBytes: 64 * 1024 });
    const session = connect(receiver.url);
    onTestFinished(() => session.destroy());
    const stream = beginCall(session);
    const status = new Promise((resolve) => {
      stream.on('response', (headers) =>
        resolve([headers['grpc-status'], headers[RETRY_INFO] !== undefined]),
      );
    });
    const closed = new Promise((resolve) => stream.once('close', resolve));
    await vi.waitFor(() => expect(receiver.held()).toBe(5 + 512));
    for (let sent = 1; sent <= 20; sent++) {
      stream.write(Buffer.alloc(1));
      await vi.waitFor(() => expect(receiver.held()).toBe(5 + sent + 512 * (sent + 1)));
    }
    stream.write(Buffer.alloc(70 * 1024));
    expect(await status).toEqual(['8', true]);
    await closed;
    expect([receiver.held(), receiver.errors]).toEqual([0, []]);
    expect(receiver.answered).toMatchObject([{ protocol: 'grpc', status: 429 }]);
    expect((await receiver.call(SPAN)).code).toBe('OK');
  });

  it('that is refused with its last frame is not stored', async () => {
    const receiver = await startGrpcReceiver({ maxHeldBytes: SPAN.length });
    expect(await receiver.call(SPAN)).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryAfter: 1 });
    expect(receiver.spans).toEqual([]);
    expect(receiver.answered).toHaveLength(1);
  });

  it('that is compressed is held as it inflates: bombs take no more than all messages may', async () => {
    const receiver = await startGrpcReceiver();
    const session = await connected(receiver.url);
    const bomb = gzipSync(Buffer.alloc(16 * MIB));
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 1);
    const gzip = { encoding: 'gzip', flag: 1 } as const;
    const answers = await Promise.all(Array.from({ length: 32 }, () => sendMessage(session, gzip, bomb)));
    clearInterval(watch);
    // Zeros are no message; what does not fit beside the others may be sent again.
    for (const answer of answers)
      expect([
        ['3', false],
        ['8', true],
      ]).toContainEqual(answer);
    expect(answers).toContainEqual(['8', true]);
    expect([receiver.held(), receiver.errors]).toEqual([0, []]);
    expect(receiver.answered).toHaveLength(32);
    // 64 MiB are held at most; buffers that nobody holds any more wait for the collector.
    expect(most).toBeLessThan(200 * MIB);
    expect((await receiver.call(SPAN, { compression: 'gzip' })).code).toBe('OK');
  });

  it('that is compressed stays held, inflated, until its call ends', async () => {
    const receiver = await startGrpcReceiver();
    const session = await connected(receiver.url);
    const message = framed(1, gzipSync(Buffer.alloc(16 * MIB)));
    const begin = (): ClientHttp2Stream => {
      const stream = openCall(session, { 'grpc-encoding': 'gzip' });
      stream.write(message);
      return stream;
    };
    const streams: ClientHttp2Stream[] = [];
    for (let n = 1; n <= 3; n++) {
      streams.push(begin());
      await vi.waitFor(() => expect(receiver.held()).toBeGreaterThan(n * 16 * MIB));
    }
    const refused = new Promise((resolve) => {
      begin().on('response', (headers) => resolve(headers['grpc-status']));
    });
    expect(await refused).toBe('8');
    // One may send no second message, and what was held of the first is given back.
    streams[0]?.write(message);
    for (const stream of streams.slice(1)) stream.close(constants.NGHTTP2_CANCEL);
    await vi.waitFor(() => expect(receiver.held()).toBe(0));
    expect((await receiver.call(SPAN, { compression: 'gzip' })).code).toBe('OK');
    expect(receiver.errors).toEqual([]);
  });

  it('that says it is compressed by its header alone is taken as it is', async () => {
    const receiver = await startGrpcReceiver();
    const session = await connected(receiver.url);
    expect(await sendMessage(session, { encoding: 'gzip', flag: 0 }, SPAN)).toEqual(['0', false]);
    expect(receiver.spans).toHaveLength(1);
  });

  it('is held at its largest where grpc-js keeps its stream elsewhere', () => {
    const exporting = createExporting({ sink: NO_SINK, maxBodyBytes: 10, maxHeldBytes: 15 });
    const refusals: number[] = [];
    const refused = ({ status }: { status: number }): number => refusals.push(status);
    const first = meterMessage({}, exporting, refused);
    expect([exporting.budget.held, refusals]).toEqual([10, []]);
    meterMessage({}, exporting, refused);
    expect([exporting.budget.held, refusals]).toEqual([10, [429]]);
    first.release();
    expect(exporting.budget.held).toBe(0);
  });
});

describe('connections', () => {
  it('messages on their way are bounded over all connections, until they are given up', async () => {
    const receiver = await startGrpcReceiver();
    const sessions = [connect(receiver.url), connect(receiver.url)];
    const streams = sessions.flatMap((session) => Array.from({ length: 32 }, () => beginCall(session)));
    await vi.waitFor(async () =>
      expect(await receiver.call(SPAN)).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryAfter: 1 }),
    );
    expect(receiver.answered.at(-1)).toMatchObject({ protocol: 'grpc', status: 429 });
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await vi.waitFor(async () => expect((await receiver.call(SPAN)).code).toBe('OK'));
    for (const session of sessions) session.destroy();
    expect(receiver.errors).toEqual([]);
  });

  it('a message that does not come ends its call', async () => {
    const receiver = await startGrpcReceiver({ messageTimeoutMs: 50 });
    const session = connect(receiver.url);
    const stream = beginCall(session);
    const status = await new Promise((resolve) => {
      stream.on(
        'response',
        (headers) => headers['grpc-status'] !== undefined && resolve(headers['grpc-status']),
      );
      stream.on('trailers', (trailers) => resolve(trailers['grpc-status']));
    });
    expect(status).toBe('4');
    // Although the client does not end it: what came of the message would stay in memory.
    await new Promise((resolve) => stream.once('close', resolve));
    session.destroy();
    expect([receiver.held(), receiver.errors]).toEqual([0, []]);
  });

  it('closing answers what is under way and then takes nothing more', async () => {
    let store = (): void => {};
    const stored = new Promise<undefined>((resolve) => {
      store = () => resolve(undefined);
    });
    const receiver = await startGrpcReceiver({ settle: () => stored });
    const underWay = receiver.call(SPAN);
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(1));
    const closed = receiver.close();
    const { hostname, port } = new URL(receiver.url);
    const refused = await new Promise((resolve) =>
      connectSocket(Number(port), hostname).once('error', resolve).once('connect', resolve),
    );
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    store();
    expect((await underWay).code).toBe('OK');
    await closed;
    expect((await receiver.call(SPAN)).code).toBe('UNAVAILABLE');
  });
});
