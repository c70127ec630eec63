import type { ApiError } from '../server/api.js';
import { shownAddress } from '../sources/shown-address.js';
import { BackendError } from '../store/backend-error.js';
import { readingToken } from './tokens.js';

export const DEFAULT_URL = 'http://127.0.0.1:4300';

/** A verdict over a week of data takes well under a second; a backend that is silent this long is stuck. */
const TIMEOUT_MS = 60_000;

/**
 * Asks a running `telltale up`, with the read token where there is one.
 *
 * @param field one that every such answer has: whatever else answers is no backend
 * @param tokenFile of --token-file; without it the token is that of TELLTALE_READ_TOKEN or TELLTALE_TOKEN
 * @throws BackendError with the backend's own code where it refused, `unavailable` where none answered
 */
export async function ask<T>(
  base: string,
  path: string,
  query: Iterable<readonly [string, string]>,
  field: string & keyof T,
  tokenFile?: string,
): Promise<T> {
  const url = address(base, path);
  for (const [name, value] of query) url.searchParams.append(name, value);
  const { status, body } = await get(url, readingToken(tokenFile));
  const parsed = parse(body);
  if (status === 200 && typeof parsed === 'object' && parsed !== null && field in parsed) return parsed as T;
  const error = (parsed as { error?: ApiError } | undefined)?.error;
  if (typeof error?.message === 'string') throw new BackendError(error.code, error.message);
  throw new BackendError(
    'unavailable',
    `What answers at ${url.origin} (status ${status}) is not a Telltale backend; name yours with --url URL.`,
  );
}

function address(base: string, path: string): URL {
  // A backend behind a proxy may have a path of its own.
  const url = URL.parse(`${base.replace(/\/+$/, '')}${path}`);
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}` !== '') {
    throw new BackendError(
      'usage',
      `--url must be an http address without user, such as ${DEFAULT_URL}; it is ${JSON.stringify(shownAddress(base))}.`,
    );
  }
  return url;
}

async function get(url: URL, token: string | undefined): Promise<{ status: number; body: string }> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    // Redirects are refused, so that the token goes nowhere else.
    const response = await fetch(url, {
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    throw new BackendError(
      'unavailable',
      `No Telltale backend answers at ${url.origin} (${reason(error)}); start one with \`telltale up\`, or name yours with --url URL.`,
    );
  }
}

function reason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `silent for ${TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' ? cause.code : String((error as Error).message);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
