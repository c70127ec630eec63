import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Exporting, exportBody } from './export.js';
import { type Answer, refusalAnswer, send, successAnswer } from './http-answer.js';
import { DISCONNECTED, readBody } from './http-body.js';
import { checkOrigin, corsHeaders, preflightAnswer } from './http-origin.js';
import { type Compression, isCompression } from './inflate.js';
import { type Denial, Refusal, refuse } from './refusal.js';
import { type Delivery, type Encoding, LOGS, METRICS, type Signal, TRACES } from './signals.js';

/** A `request` listener of `node:http` and `node:https`. Never throws. */
export type OtlpHandler = (request: IncomingMessage, response: ServerResponse) => void;

const SIGNALS: ReadonlyMap<string, Signal> = new Map([
  ['/v1/traces', TRACES],
  ['/v1/metrics', METRICS],
  ['/v1/logs', LOGS],
]);

/** Who may send. */
export interface Gate {
  /** Origins of pages that may send, such as `https://shop.example`; a page of any other is refused. */
  readonly origins: ReadonlySet<string>;
  /** Asked before a body is read. */
  readonly check: (request: IncomingMessage) => Denial | undefined;
}

const OPEN: Gate = { origins: new Set(), check: () => undefined };

/** What is known of a request so far, for whoever observes. */
interface Course {
  signal: Signal | null;
  bytes: number;
  delivery: Delivery | null;
}

/**
 * Receives OTLP/HTTP: `POST /v1/traces`, `/v1/metrics` and `/v1/logs` in protobuf or JSON; plain, gzip or deflate.
 *
 * 200 is the acknowledgement: the sink has the rows, but for those counted in `partial_success`. Other
 * statuses carry a google.rpc.Status: 400, 401, 403, 404, 405, 413 and 415 for what will never be accepted; 429, where too much
 * is under way, and 503, where the sink threw, with Retry-After. It keeps nothing between requests.
 */
export function createOtlpHandler(exporting: Exporting, gate: Gate = OPEN): OtlpHandler {
  return (request, response) => {
    // Node drops what is written to a client that vanished, silently today. Unheard, an 'error' would end
    // the process.
    response.on('error', () => {});
    const encoding = encodingOf(request) ?? 'json';
    const course: Course = { signal: null, bytes: 0, delivery: null };
    answer(request, encoding, { exporting, gate, course })
      .catch((error: unknown) => {
        if (error instanceof Refusal) return refusalAnswer(error, encoding);
        exporting.report(error);
        return refusalAnswer(
          refuse(500, 'The receiver failed on this request; it was not stored.'),
          encoding,
        );
      })
      .then((result) => {
        if (result === undefined) return;
        const headers = { ...result.headers, ...corsHeaders(request, gate.origins) };
        send(request, response, { ...result, headers });
        const { signal, bytes, delivery } = course;
        exporting.observe({
          protocol: 'http',
          signal: signal?.name ?? null,
          status: result.status,
          bytes,
          delivery,
        });
      })
      .catch(exporting.report);
  };
}

interface Context {
  readonly exporting: Exporting;
  readonly gate: Gate;
  readonly course: Course;
}

async function answer(
  request: IncomingMessage,
  encoding: Encoding,
  { exporting, gate, course }: Context,
): Promise<Answer | undefined> {
  checkOrigin(request, gate.origins);
  // A browser asks beforehand without the token that it will send.
  const preflight = preflightAnswer(request);
  if (preflight !== undefined) return preflight;
  const denial = gate.check(request);
  if (denial !== undefined) throw refuse(denial.status, denial.message, denial.headers);
  const signal = accept(request);
  course.signal = signal;
  const compression = compressionOf(request);
  const hold = exporting.budget.hold();
  try {
    const body = await readBody(request, compression, { maxBytes: exporting.maxBodyBytes, hold });
    if (body === DISCONNECTED) return undefined;
    course.bytes = body.length;
    course.delivery = await exportBody(signal, body, encoding, exporting);
    return successAnswer(signal, encoding, course.delivery.rejection);
  } finally {
    hold.release();
  }
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

function compressionOf(request: IncomingMessage): Compression | undefined {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return undefined;
  if (isCompression(encoding)) return encoding;
  throw refuse(415, `Expected Content-Encoding gzip, deflate or identity, got ${encoding.slice(0, 100)}.`);
}
