import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Source } from '../sources/source.js';
import { isStatisticsError } from '../stats/index.js';
import { BackendError, type BackendErrorCode, isBackendError } from '../store/backend-error.js';
import { compareFlag, LOOK_BACK_SECONDS } from './comparison.js';
import { duration, readComparisonParameters } from './parameters.js';

export interface ApiOptions {
  readonly source: Source;
  /** Unix seconds. */
  readonly now: () => number;
  /** Told of every fault that is not the asker's. */
  readonly onError: (error: unknown) => void;
}

/** An answer that is not 200: what stands in the body under `error`. */
export interface ApiError {
  readonly code: BackendErrorCode;
  readonly message: string;
}

const STATUS: Readonly<Partial<Record<BackendErrorCode, number>>> = {
  'bad-request': 400,
  'unknown-flag': 404,
  'unknown-treatment': 404,
  'not-found': 404,
  'method-not-allowed': 405,
};

const ROUTES = 'GET /api/v1/flags and GET /api/v1/flags/{key}/comparison';

/** The read API, JSON only: {@link ROUTES}. */
export function createApi(options: ApiOptions): RequestListener {
  return (request, response) => {
    answer(options, request).then(
      (body) => send(response, 200, body),
      (error: unknown) => {
        const known = asApiError(error);
        if (known.code === 'internal') options.onError(error);
        send(response, STATUS[known.code] ?? 500, { error: known });
      },
    );
  };
}

async function answer(options: ApiOptions, request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'GET') {
    throw new BackendError('method-not-allowed', `Only GET is answered here, not ${request.method}.`);
  }
  const target = request.url ?? '/';
  // `//` alone is no address to the parser.
  const url = URL.parse(target, 'http://localhost') ?? new URL('http://localhost/');
  if (url.pathname === '/api/v1/flags') return listFlags(options, url.searchParams);
  const key = /^\/api\/v1\/flags\/([^/]+)\/comparison$/.exec(url.pathname)?.[1];
  if (key === undefined) {
    throw new BackendError('not-found', `There is nothing at ${url.pathname}. There is ${ROUTES}.`);
  }
  const now = options.now();
  const evidence = takeEvidence(url.searchParams);
  const parameters = readComparisonParameters(url.searchParams, now);
  return compareFlag(options.source, decode(key), parameters, now, { evidence });
}

/** `evidence=1` hands out what the verdicts were computed from; it is no parameter of the comparison. */
function takeEvidence(query: URLSearchParams): boolean {
  const given = query.getAll('evidence');
  if (given.length > 1 || (given.length === 1 && given[0] !== '1')) {
    throw new BackendError('bad-request', 'evidence must be 1, once; leave it out for verdicts alone.');
  }
  query.delete('evidence');
  return given.length === 1;
}

async function listFlags({ source, now }: ApiOptions, query: URLSearchParams): Promise<unknown> {
  for (const name of query.keys()) {
    if (!['since', 'service', 'env'].includes(name)) {
      throw new BackendError('bad-request', `There is no parameter "${name}" here: since, service and env.`);
    }
  }
  const to = now();
  const since = query.get('since');
  const from = to - (since === null ? LOOK_BACK_SECONDS : duration(since, 'since'));
  const flags = await source.flags(
    { from, to },
    { service: query.get('service') ?? undefined, environment: query.get('env') ?? undefined },
  );
  return {
    window: { from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() },
    flags: flags.map((flag) => ({ ...flag, lastSeen: new Date(flag.lastSeen * 1000).toISOString() })),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BackendError('bad-request', `The flag's key is not percent-encoded UTF-8: ${segment}.`);
  }
}

function asApiError(error: unknown): ApiError {
  if (isStatisticsError(error) && error.code === 'bad-parameter') {
    return { code: 'bad-request', message: error.message };
  }
  if (isBackendError(error) && error.code in STATUS) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'The backend could not answer; its own output says why.' };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body, null, 2)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET' } : {}),
  });
  response.end(text);
}
