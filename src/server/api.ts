import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Budget, createBudget, type Denial, RETRY_AFTER_SECONDS } from '../otlp/index.js';
import { isStatisticsError } from '../stats/index.js';
import { BackendError, type BackendErrorCode, isBackendError } from '../store/backend-error.js';
import { unreachable } from '../store/unreachable.js';
import { readRequestBody } from './request-body.js';
import { type ApiReply, json, matchPath, type Route } from './routes.js';

export interface ApiOptions {
  readonly routes: readonly Route[];
  /** Asked before a route is answered that is not open. */
  readonly check: (request: IncomingMessage) => Denial | undefined;
  /** Told of every fault that is not the asker's. */
  readonly onError: (error: unknown) => void;
  readonly onAnswer?: (question: AnsweredQuestion) => void;
}

export interface AnsweredQuestion {
  /** Its path as the route has it; `none` where there is none. */
  readonly route: string;
  readonly status: number;
}

/** An answer that is an error: what stands in the body under `error`. */
export interface ApiError {
  readonly code: BackendErrorCode;
  readonly message: string;
}

const STATUS: Readonly<Partial<Record<BackendErrorCode, number>>> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'unknown-flag': 404,
  'unknown-treatment': 404,
  'not-found': 404,
  'method-not-allowed': 405,
  // The store behind the source.
  unavailable: 502,
  'too-large': 413,
  overloaded: 429,
  'queue-full': 429,
  conflict: 409,
  'bad-signature': 401,
};

/** Bodies that all requests together may hold: four of the largest. */
const MAX_HELD_BYTES = 16 * 2 ** 20;

/** Answers the routes. Errors are JSON, whatever the route answers with. */
export function createApi(options: ApiOptions): RequestListener {
  const bodies = createBudget(MAX_HELD_BYTES);
  return (request, response) => {
    // Node drops what is written to a client that vanished, silently today. Unheard, an 'error' would end the process.
    response.on('error', () => {});
    const course: Course = { route: 'none', headers: {} };
    answer(options, request, { course, bodies })
      .catch((error: unknown) => {
        const known = asApiError(error);
        if (known.code === 'internal') options.onError(error);
        const status = STATUS[known.code] ?? 500;
        if (status === 429) course.headers['retry-after'] = String(RETRY_AFTER_SECONDS);
        return json({ error: known }, status);
      })
      .then((reply) => {
        send(response, reply, course.headers);
        options.onAnswer?.({ route: course.route, status: reply.status });
      })
      .catch(options.onError);
  };
}

/** What is known of a request beside its answer. */
interface Course {
  route: string;
  readonly headers: Record<string, string>;
}

interface Context {
  readonly course: Course;
  readonly bodies: Budget;
}

async function answer(
  { routes, check }: ApiOptions,
  request: IncomingMessage,
  { course, bodies }: Context,
): Promise<ApiReply> {
  // `//` alone is no address to the parser.
  const url = URL.parse(request.url ?? '/', 'http://localhost') ?? new URL('http://localhost//');
  const { headers } = course;
  const here = routes.filter((route) => matchPath(route.path, url.pathname) !== undefined);
  course.route = here[0]?.path ?? 'none';
  if (here.length === 0) {
    const known = routes.map(({ method, path }) => `${method} ${path}`).join(', ');
    throw new BackendError('not-found', `There is nothing at ${url.pathname}. There are: ${known}.`);
  }
  const route = here.find(({ method }) => method === request.method);
  if (route === undefined) {
    headers['allow'] = here.map(({ method }) => method).join(', ');
    throw new BackendError(
      'method-not-allowed',
      `Only ${headers['allow']} is answered here, not ${request.method}.`,
    );
  }
  const denial = route.open === true ? undefined : check(request);
  if (denial !== undefined) {
    Object.assign(headers, denial.headers);
    throw new BackendError(denial.status === 401 ? 'unauthorized' : 'forbidden', denial.message);
  }
  const path = Object.fromEntries(
    Object.entries(matchPath(route.path, url.pathname) ?? {}).map(([name, segment]) => [
      name,
      decode(name, segment),
    ]),
  );
  const hold = bodies.hold();
  try {
    return await route.handle({
      path,
      query: url.searchParams,
      headers: request.headers,
      body: (maxBytes) => readRequestBody(request, { maxBytes, hold }),
    });
  } finally {
    hold.release();
  }
}

function decode(name: string, segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BackendError(
      'bad-request',
      `The ${name} in the path is not percent-encoded UTF-8: ${segment}.`,
    );
  }
}

/** What whoever asks is told of an error; `internal` tells nothing. */
export function asApiError(error: unknown): ApiError {
  if (isStatisticsError(error) && error.code === 'bad-parameter') {
    return { code: 'bad-request', message: error.message };
  }
  if (isBackendError(error) && error.code in STATUS) return { code: error.code, message: error.message };
  const gone = unreachable(error);
  if (gone !== undefined) {
    return { code: 'unavailable', message: `The backend's ClickHouse does not answer (${gone}).` };
  }
  return { code: 'internal', message: 'The backend could not answer; its own output says why.' };
}

function send(response: ServerResponse, reply: ApiReply, headers: Readonly<Record<string, string>>): void {
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    // What goes on has a connection of its own, which ends with it.
    ...(reply.goOn === undefined
      ? { 'content-length': Buffer.byteLength(reply.body) }
      : { connection: 'close' }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...reply.headers,
    ...headers,
  });
  if (reply.goOn === undefined) {
    response.end(reply.body);
    return;
  }
  response.write(reply.body);
  reply.goOn(response);
}
