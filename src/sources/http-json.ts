import { BackendError } from '../store/backend-error.js';

/** A store that is asked over HTTP. */
export interface HttpSource {
  /** What it is, for messages: "Prometheus". */
  readonly name: string;
  /** Address below which its API is, without user, password and trailing slash. */
  readonly url: string;
  /** Sent with every request; never shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to look at where it refuses the headers. */
  readonly credentials: string;
}

/**
 * What of the environment becomes a header; '' where it is not set.
 *
 * @throws BackendError `usage` where no header can hold it, without showing it
 */
export function headerValue(env: Readonly<Record<string, string | undefined>>, variable: string): string {
  const value = env[variable] ?? '';
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  throw new BackendError('usage', `${variable} must be one line of printable ASCII characters.`);
}

/** A question over weeks takes a store seconds; one that is silent this long is stuck. */
const TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 128 * 2 ** 20;

/**
 * Asks, and gives the JSON that came.
 *
 * @throws BackendError `unavailable`: one sentence with the address, and what to do
 */
export async function askJson(
  source: HttpSource,
  path: string,
  request: { readonly method: 'GET' | 'POST'; readonly body?: URLSearchParams | string },
  timeoutMs: number = TIMEOUT_MS,
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { response, text } = await exchange(source, path, { ...request, signal }, timeoutMs);
  const refusal = refusalOf(source, response);
  if (refusal !== undefined) throw unusable(source, refusal);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const type = response.headers.get('content-type') ?? 'no content type';
    // Queries that cannot be answered come with 400 or 422 and JSON that says why.
    throw unusable(
      source,
      `answered with status ${response.status} and ${type}, not JSON: a login page, a proxy or another program`,
    );
  }
}

async function exchange(
  source: HttpSource,
  path: string,
  request: RequestInit,
  timeoutMs: number,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(`${source.url}${path}`, {
      ...request,
      headers: { accept: 'application/json', ...source.headers },
      // A login page is an answer of its own; a redirect would also carry the credentials elsewhere.
      redirect: 'manual',
    });
    return { response, text: await boundedText(source, response) };
  } catch (error) {
    if (error instanceof BackendError) throw error;
    throw unusable(
      source,
      `does not answer (${reason(error, timeoutMs)}): check the address and that it runs`,
    );
  }
}

async function boundedText(source: HttpSource, response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw unusable(
        source,
        `answers with more than ${MAX_ANSWER_BYTES / 2 ** 20} MiB, the most that is read: narrow the question with --since, --service or --env`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf({ credentials }: HttpSource, response: Response): string | undefined {
  const { status, headers } = response;
  if (status === 401 || status === 403)
    return `refuses the credentials (status ${status}): check ${credentials}`;
  if (status === 429) {
    const after = headers.get('retry-after') ?? headers.get('x-ratelimit-reset');
    return `has too many requests (status 429): ask again ${after === null ? 'later' : `in ${after} s`}`;
  }
  if (status >= 300 && status < 400)
    return `redirects (status ${status}): give the address that it redirects to`;
  if (status === 404) return 'has no such API (status 404): check the path of the address';
  if (status >= 500) return `fails (status ${status}): look at its own log, or ask again later`;
  return undefined;
}

/** The store as such cannot be used; the sentence names it and its address. */
export function unusable({ name, url }: HttpSource, what: string): BackendError {
  return new BackendError('unavailable', `${name} at ${url} ${what}${what.endsWith('?') ? '' : '.'}`);
}

function reason(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `silent for ${timeoutMs / 1000} s`;
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  // Messages of the runtime may quote the headers.
  return typeof cause?.code === 'string' ? cause.code : 'no connection';
}
