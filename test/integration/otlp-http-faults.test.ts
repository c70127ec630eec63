import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { createBudget } from '../../src/otlp/budget.js';
import { DISCONNECTED, readBody } from '../../src/otlp/http-body.js';
import { post, statusOf } from '../support/otlp-client.js';
import { encodeMessage } from '../support/otlp-encoder.js';
import { spanForm, traceForm } from '../support/otlp-forms.js';
import { startReceiver, type TestReceiver } from '../support/otlp-receiver.js';

const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
const GOOD = encodeMessage('ExportTraceServiceRequest', traceForm(spanForm()));

let receiver: TestReceiver;
afterEach(() => receiver.close());

describe('a sink that fails', () => {
  it.each([
    ['protobuf', PROTOBUF, GOOD],
    ['json', { 'Content-Type': 'application/json' }, JSON.stringify(traceForm(spanForm()))],
  ])('is answered with 503 and Retry-After, %s', async (_encoding, headers, body) => {
    const fault = new Error('disk full at /secret/path');
    receiver = await startReceiver({ settle: () => Promise.reject(fault) });
    const reply = await post({ port: receiver.port, headers }, body);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1']);
    expect(statusOf(reply)).toEqual({ code: 14, message: expect.stringContaining('Send it again') });
    expect(reply.body.toString()).not.toContain('secret');
    expect(receiver.errors).toEqual([fault]);
  });

  it('may throw at once too, and the receiver goes on', async () => {
    let broken = true;
    receiver = await startReceiver({
      settle: () => {
        if (broken) throw new TypeError('a bug');
        return Promise.resolve(undefined);
      },
    });
    expect((await post({ port: receiver.port, headers: PROTOBUF }, GOOD)).status).toBe(503);
    broken = false;
    expect((await post({ port: receiver.port, headers: PROTOBUF }, GOOD)).status).toBe(200);
  });

  it('makes the real exporter send the same batch again', async () => {
    let attempts = 0;
    receiver = await startReceiver({
      settle: async () => {
        if (++attempts === 1) throw new Error('not now');
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
    expect(attempts).toBe(2);
    expect(receiver.spans.map((span) => span.name)).toEqual(['once', 'once']);
  });
});

describe('a client', () => {
  async function raw(): Promise<{ client: Socket; closed: Promise<unknown> }> {
    const accepted = once(receiver.server, 'connection');
    const client = connect(receiver.port, '127.0.0.1');
    const [server] = await accepted;
    // Not events.once: it would reject with the parse error that half a request is.
    return { client, closed: new Promise((resolve) => server.once('close', resolve)) };
  }
  const head = (headers: string): string =>
    `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n${headers}\r\n\r\n`;

  it.each([
    ['in the middle of a body of known length', `Content-Length: ${GOOD.length}`, GOOD.subarray(0, 10)],
    ['in the middle of a chunked body', 'Transfer-Encoding: chunked', Buffer.from('a\r\n12345')],
    ['before its body', `Content-Length: ${GOOD.length}`, Buffer.alloc(0)],
    ['while its refused body is thrown away', 'Content-Length: 99999999', Buffer.alloc(10)],
  ])('that goes away %s changes nothing', async (_when, headers, part) => {
    receiver = await startReceiver();
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const { client, closed } = await raw();
      client.on('error', () => {});
      client.resume();
      const requested = once(receiver.server, 'request');
      client.write(Buffer.concat([Buffer.from(head(headers)), part]));
      await requested;
      client[leave]();
      await closed;
    }
    expect(receiver.spans).toEqual([]);
    expect(receiver.errors).toEqual([]);
    expect((await post({ port: receiver.port, headers: PROTOBUF }, GOOD)).status).toBe(200);
  });

  it('that reads only after it has sent all still gets its 413', async () => {
    receiver = await startReceiver({ maxBodyBytes: 1024 });
    const { client, closed } = await raw();
    const size = 8 * 1024 * 1024;
    client.write(head(`Content-Length: ${size}`));
    const failed = await new Promise((resolve) => client.write(Buffer.alloc(size), resolve));
    expect(failed).toBeFalsy();
    const [reply] = await once(client, 'data');
    expect(String(reply)).toMatch(/^HTTP\/1\.1 413 .*Expected a body of at most 1024 bytes/s);
    await closed;
  });

  it('that goes away after its body leaves what the sink took', async () => {
    let leave = (): void => {};
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    receiver = await startReceiver({
      settle: async () => {
        leave();
        await gone;
        finish();
        return undefined;
      },
    });
    const { client, closed } = await raw();
    const gone = closed;
    leave = () => client.destroy();
    // JSON, because its answer is never empty: there is something to be written into the closed connection.
    const json = JSON.stringify(traceForm(spanForm()));
    client.write(head(`Content-Length: ${json.length}`).replace('x-protobuf', 'json') + json);
    await finished;
    leave = () => {};
    expect(receiver.spans).toHaveLength(1);
    expect((await post({ port: receiver.port, headers: PROTOBUF }, GOOD)).status).toBe(200);
    expect(receiver.errors).toEqual([]);
  });

  it('that goes away leaves no promise open', async () => {
    receiver = await startReceiver();
    const hold = createBudget(1024).hold();
    for (const compression of [undefined, 'gzip', 'deflate'] as const) {
      const request = once(receiver.server, 'request');
      const { client } = await raw();
      client.write(head(`Content-Length: ${GOOD.length}`));
      const [incoming] = await request;
      const body = readBody(incoming, compression, { maxBytes: GOOD.length, hold });
      client.destroy();
      expect(await body).toBe(DISCONNECTED);
    }
  });
});
