import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOtlpDecodeError } from './decode-error.js';
import { type Answer, refusalAnswer, send, successAnswer } from './http-answer.js';
import { DISCONNECTED, readBody } from './http-body.js';
import { HttpRefusal, refuse } from './http-refusal.js';
import { DEFAULT_MAX_BODY_BYTES } from './limits.js';
import type { Rejection, TelemetrySink } from './model.js';
import { type Encoding, LOGS, METRICS, type Signal, TRACES } from './signals.js';

export interface OtlpHandlerOptions {
  /** Where the rows go. An answer is only sent after its promise has settled. */
  readonly sink: TelemetrySink;
  /** Largest body in bytes, after decompression. @default 16 MiB */
  readonly maxBodyBytes?: number;
  /**
   * Told what the sink threw (answered with 503), and any fault of this receiver itself (500). It has no
   * other way out: the sender only learns that it should try again.
   */
  readonly onError?: (error: unknown) => void;
}

/** A `request` listener of `node:http` and `node:https`. Never throws. */
export type OtlpHandler = (request: IncomingMessage, response: ServerResponse) => void;

const SIGNALS: ReadonlyMap<string, Signal> = new Map([
  ['/v1/traces', TRACES],
  ['/v1/metrics', METRICS],
  ['/v1/logs', LOGS],
]);

/** Exporters give up ten seconds after the first attempt: a longer wait would lose the batch. */
const RETRY_AFTER_SECONDS = 1;

/**
 * Receives OTLP/HTTP: `POST /v1/traces`, `/v1/metrics` and `/v1/logs` in protobuf or JSON, plain or gzip.
 *
 * 200 is the acknowledgement: the sink has the rows, but for those counted in `partial_success`. Other
 * statuses carry a google.rpc.Status: 400, 404, 405, 413 and 415 for what will never be accepted, 503 with
 * Retry-After where the sink threw. It keeps nothing between requests.
 */
export function createOtlpHandler(options: OtlpHandlerOptions): OtlpHandler {
  const { sink, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, onError } = options;
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1) {
    throw new RangeError(`maxBodyBytes: expected a whole number of bytes above 0, got ${maxBodyBytes}.`);
  }
  const report = (error: unknown): void => {
    try {
      onError?.(error);
    } catch {
      // A broken log is no reason to leave a sender without answer.
    }
  };
  return (request, response) => {
    // Node drops what is written to a client that vanished, silently today. Unheard, an 'error' would end
    // the process.
    response.on('error', () => {});
    const encoding = encodingOf(request) ?? 'json';
    answer(request, encoding, { sink, maxBodyBytes, report })
      .catch((error: unknown) => {
        if (error instanceof HttpRefusal) return refusalAnswer(error, encoding);
        report(error);
        return refusalAnswer(
          refuse(500, 'The receiver failed on this request; it was not stored.'),
          encoding,
        );
      })
      .then((result) => {
        if (result !== undefined) send(request, response, result);
      })
      .catch(report);
  };
}

interface Context {
  readonly sink: TelemetrySink;
  readonly maxBodyBytes: number;
  readonly report: (error: unknown) => void;
}

async function answer(
  request: IncomingMessage,
  encoding: Encoding,
  context: Context,
): Promise<Answer | undefined> {
  const signal = accept(request);
  const body = await readBody(request, isCompressed(request), context.maxBodyBytes);
  if (body === DISCONNECTED) return undefined;
  const deliver = decode(signal, body, encoding);
  let rejection: Rejection | undefined;
  try {
    rejection = await deliver(context.sink);
  } catch (error) {
    context.report(error);
    throw refuse(
      503,
      'The store could not take this batch now; nothing of it is acknowledged. Send it again.',
      {
        'Retry-After': String(RETRY_AFTER_SECONDS),
      },
    );
  }
  return successAnswer(signal, encoding, rejection);
}

/** What can be refused by the head alone, before a byte of the body is read. */
function accept(request: IncomingMessage): Signal {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const signal = SIGNALS.get(path);
  if (signal === undefined) {
    throw refuse(404, `Expected one of ${[...SIGNALS.keys()].join(', ')}, got ${path.slice(0, 100)}.`);
  }
  if (request.method !== 'POST')
    throw refuse(405, `Expected POST, got ${request.method}.`, { Allow: 'POST' });
  if (encodingOf(request) === undefined) {
    const got = request.headers['content-type'] ?? 'none';
    throw refuse(
      415,
      `Expected Content-Type application/x-protobuf or application/json, got ${got.slice(0, 100)}.`,
    );
  }
  return signal;
}

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

function isCompressed(request: IncomingMessage): boolean {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip') return true;
  throw refuse(415, `Expected Content-Encoding gzip or identity, got ${encoding.slice(0, 100)}.`);
}

function decode(signal: Signal, body: Buffer, encoding: Encoding): ReturnType<Signal['decode']> {
  try {
    return signal.decode(body, encoding);
  } catch (error) {
    if (!isOtlpDecodeError(error)) throw error;
    throw refuse(error.code === 'too-many' ? 413 : 400, error.message);
  }
}
