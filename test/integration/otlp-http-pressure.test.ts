import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { post, statusOf } from '../support/otlp-client.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';
import { startReceiver, type TestReceiver } from '../support/otlp-receiver.js';

const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
const SPAN = encodeMessage('ExportTraceServiceRequest', traceForm(spanForm()));
/** Compressed it is a fraction: what counts is what is held. */
const LARGE = encodeMessage(
  'ExportTraceServiceRequest',
  traceForm(...Array.from({ length: 100 }, () => spanForm())),
);

let receiver: TestReceiver;
afterEach(() => receiver.close());

/** A receiver whose sink takes rows and answers when it is let go. */
async function heldReceiver(maxHeldBytes: number) {
  let letGo = (): void => {};
  const held = new Promise<undefined>((resolve) => {
    letGo = () => resolve(undefined);
  });
  receiver = await startReceiver({ maxHeldBytes, settle: () => held });
  return letGo;
}

describe('bodies under way', () => {
  it('are bounded together: one byte beyond is 429 with Retry-After, until one was answered', async () => {
    const letGo = await heldReceiver(2 * SPAN.length);
    const call = { port: receiver.port, headers: PROTOBUF };
    const first = post(call, SPAN);
    const second = post(call, SPAN);
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(2));
    const refused = await post(call, SPAN);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(statusOf(refused)).toEqual({
      code: 8,
      message: expect.stringContaining('Send this one again later'),
    });
    letGo();
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(call, SPAN)).status).toBe(200);
    expect(receiver.errors).toEqual([]);
    expect(
      receiver.answered.map(({ status, bytes, delivery }) => [status, bytes, delivery?.accepted]),
    ).toEqual([
      [429, 0, undefined],
      [200, SPAN.length, 1],
      [200, SPAN.length, 1],
      [200, SPAN.length, 1],
    ]);
  });

  it('count after decompression', async () => {
    receiver = await startReceiver({ maxHeldBytes: LARGE.length - 1 });
    const body = gzipSync(LARGE);
    expect(body.length).toBeLessThan(LARGE.length / 2);
    const call = { port: receiver.port, headers: { ...PROTOBUF, 'Content-Encoding': 'gzip' } };
    expect((await post(call, body)).status).toBe(429);
    expect((await post({ port: receiver.port, headers: PROTOBUF }, SPAN)).status).toBe(200);
  });

  it('are let go when their sender goes away, and when they are refused', async () => {
    receiver = await startReceiver({ maxHeldBytes: SPAN.length });
    const call = { port: receiver.port, headers: PROTOBUF };
    const accepted = once(receiver.server, 'connection');
    const client = connect(receiver.port, '127.0.0.1');
    const [server] = await accepted;
    // Not events.once: it would reject with the error that half a request is.
    const closed = new Promise((resolve) => server.once('close', resolve));
    const requested = once(receiver.server, 'request');
    client.write(
      `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${SPAN.length}\r\n\r\n`,
    );
    client.write(SPAN.subarray(0, 10));
    await requested;
    await vi.waitFor(async () => expect((await post(call, SPAN)).status).toBe(429));
    client.resetAndDestroy();
    await closed;
    expect((await post(call, SPAN)).status).toBe(200);
    expect((await post(call, SPAN.subarray(1))).status).toBe(400);
    expect((await post(call, SPAN)).status).toBe(200);
  });
});

it('a queue of the store that is full is 429 with Retry-After, and no fault', async () => {
  const full = Object.assign(new Error('256 MiB already wait'), { code: 'queue-full' });
  receiver = await startReceiver({ settle: () => Promise.reject(full) });
  const reply = await post({ port: receiver.port, headers: PROTOBUF }, SPAN);
  expect([reply.status, reply.headers['retry-after']]).toEqual([429, '1']);
  expect(statusOf(reply)).toEqual({
    code: 8,
    message: 'Too much waits for the store. Send this batch again later.',
  });
  expect(receiver.errors).toEqual([]);
});

it('makes the real exporter send the same batch again', async () => {
  let attempts = 0;
  receiver = await startReceiver({
    settle: async () => {
      if (++attempts === 1) throw Object.assign(new Error('full'), { code: 'queue-full' });
      return undefined;
    },
  });
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] });
  provider.getTracer('t').startSpan('once').end();
  const exporter = new OTLPTraceExporter({ url: `${receiver.url}/v1/traces` });
  const result = await new Promise((done) => exporter.export(memory.getFinishedSpans(), done));
  await exporter.shutdown();
  expect(result).toMatchObject({ code: 0 });
  expect(receiver.answered.map(({ status }) => status)).toEqual([429, 200]);
});
