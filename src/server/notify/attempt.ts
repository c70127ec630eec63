import type { OutgoingRequest } from './target.js';

/** What one attempt came to. */
export type Attempt =
  | { readonly kind: 'sent' }
  /** Tried again later: not before so many milliseconds, where the target says so. */
  | { readonly kind: 'again'; readonly why: string; readonly afterMs: number | undefined }
  /** It would be refused again. */
  | { readonly kind: 'refused'; readonly why: string };

const TIMEOUT_MS = 10_000;

/** A target that asks for more patience is asked again then all the same. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** @param now milliseconds since 1970, for a `Retry-After` that is a date */
export async function attempt(
  { url, headers, body }: OutgoingRequest,
  signal: AbortSignal,
  now: () => number,
): Promise<Attempt> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'telltale', ...headers },
      body,
      // A redirect would carry the secrets elsewhere.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    // The status is the answer; a body that never ends is not waited for.
    await response.body?.cancel();
  } catch (error) {
    return { kind: 'again', why: reason(error), afterMs: undefined };
  }
  const { status } = response;
  if (response.ok) return { kind: 'sent' };
  const why = `answered with status ${status}`;
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'again', why, afterMs: retryAfter(response.headers.get('retry-after'), now()) };
  }
  return { kind: 'refused', why };
}

/** Seconds, or a date. */
function retryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** Messages of the runtime may quote the headers. */
function reason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `was silent for ${TIMEOUT_MS / 1000} s`;
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return `could not be reached (${typeof cause?.code === 'string' ? cause.code : 'no connection'})`;
}
