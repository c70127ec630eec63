import { authorization } from './authorization.js';
import { noteServerTime } from './server-time.js';
import { readToken } from './token.js';

/** Why the backend did not give what was asked for. */
export class ApiFailure extends Error {
  /** 0: it did not answer. */
  readonly status: number;
  /** As in the answer's `error.code`; `unreachable` where there was none. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A path of the API, with its parameters; those that are undefined or empty are left out. */
export function apiPath(path: string, parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? `/api/v1/${path}` : `/api/v1/${path}?${text}`;
}

/** The path of what the API tells of a flag, such as its `comparison`. */
export function flagPath(
  flag: string,
  what: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  return apiPath(`flags/${encodeURIComponent(flag)}/${what}`, parameters);
}

/**
 * Asks the API.
 *
 * @throws ApiFailure, or what `signal` is aborted with
 */
export async function ask<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await answer(path, signal);
  if (response.ok) return (await read(response, signal)) as T;
  const { error } = (await read(response, signal)) as { error?: { code?: string; message?: string } };
  throw new ApiFailure(
    response.status,
    error?.code ?? 'unknown',
    error?.message ?? `The backend answered with status ${response.status}.`,
  );
}

async function answer(path: string, signal: AbortSignal): Promise<Response> {
  const askedAt = performance.now();
  try {
    // Through its cache Chromium sends the same question of several tabs one after the other: the tenth waits for nine answers.
    const response = await fetch(path, { signal, cache: 'no-store', headers: authorization(readToken()) });
    noteServerTime(response.headers.get('date'), performance.now() - askedAt);
    return response;
  } catch (error) {
    signal.throwIfAborted();
    throw new ApiFailure(0, 'unreachable', `The backend does not answer (${(error as Error).message}).`);
  }
}

/** Something between may answer in its own words. */
async function read(response: Response, signal: AbortSignal): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    signal.throwIfAborted();
    throw new ApiFailure(
      response.status,
      'not-json',
      `Expected JSON from ${new URL(response.url).pathname}, got something else: is this Telltale's own address? (${(error as Error).message})`,
    );
  }
}
