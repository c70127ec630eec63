import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Rejection } from './model.js';
import type { Refusal } from './refusal.js';
import type { Encoding, Signal } from './signals.js';
import { bytesField, stringField, varintField } from './wire-writer.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const CONTENT_TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const;

/** How much of a refused body is still read and thrown away, and for how long, before the connection is closed. */
const LINGER_BYTES = 64 * 1024 * 1024;
const LINGER_MS = 2000;

/** An Export*ServiceResponse in protobuf. */
export function successMessage(rejection: Rejection | undefined): Buffer {
  if (rejection === undefined) return Buffer.alloc(0);
  return bytesField(1, Buffer.concat([varintField(1, rejection.count), stringField(2, rejection.message)]));
}

/** An Export*ServiceResponse; `partial_success` is absent where all was taken. */
export function successAnswer(signal: Signal, encoding: Encoding, rejection: Rejection | undefined): Answer {
  if (encoding === 'json') {
    if (rejection === undefined) return json(200, {});
    const rejected = { [signal.rejectedField]: String(rejection.count), errorMessage: rejection.message };
    return json(200, { partialSuccess: rejected });
  }
  return protobuf(200, successMessage(rejection));
}

/** A google.rpc.Status, as OTLP asks for errors, in the encoding of the request. */
export function refusalAnswer(refusal: Refusal, encoding: Encoding): Answer {
  const { status, rpcCode, message, headers } = refusal;
  if (encoding === 'json') return json(status, { code: rpcCode, message }, headers);
  return protobuf(status, Buffer.concat([varintField(1, rpcCode), stringField(2, message)]), headers);
}

/** Where the client has gone, Node drops what is written. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const length = { 'Content-Length': String(answer.body.length) };
  if (request.complete) {
    response.writeHead(answer.status, { ...answer.headers, ...length });
    response.end(answer.body);
    return;
  }
  // Closing a connection on which bytes still arrive resets it, and the answer may be lost with it: the
  // exporter would see a broken connection and send the refused body again. So answer first, then read on.
  response.writeHead(answer.status, { ...answer.headers, ...length, Connection: 'close' });
  response.write(answer.body);
  linger(request, () => response.end());
}

function linger(request: IncomingMessage, done: () => void): void {
  let left = LINGER_BYTES;
  const finish = (): void => {
    clearTimeout(timer);
    request.off('data', onData);
    done();
  };
  const timer = setTimeout(finish, LINGER_MS);
  const onData = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) finish();
  };
  request.on('data', onData);
  request.once('end', finish);
  request.once('close', finish);
  request.on('error', finish);
  request.resume();
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { ...headers, 'Content-Type': CONTENT_TYPES.json }, body };
}

function protobuf(status: number, body: Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...headers, 'Content-Type': CONTENT_TYPES.protobuf }, body };
}
