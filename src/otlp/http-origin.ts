import type { IncomingMessage } from 'node:http';
import type { Answer } from './http-answer.js';
import { type Refusal, refuse } from './refusal.js';

/** Headers that let a page of a listed origin read the answer; none for whoever is no page. */
export function corsHeaders(
  { headers: { origin } }: IncomingMessage,
  origins: ReadonlySet<string>,
): Record<string, string> {
  if (origin === undefined || !origins.has(origin)) return {};
  return {
    'Access-Control-Allow-Origin': origin,
    // Exporters that use sendBeacon send cookies, whether there are any or not.
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Expose-Headers': 'Retry-After',
    Vary: 'Origin',
  };
}

/** @throws Refusal 403 for a page whose origin is not listed */
export function checkOrigin({ headers: { origin } }: IncomingMessage, origins: ReadonlySet<string>): void {
  if (origin === undefined || origins.has(origin)) return;
  throw forbidden(origin);
}

function forbidden(origin: string): Refusal {
  const shown = origin.slice(0, 100);
  return refuse(403, `A page of ${shown} may not send here. Start telltale up with --cors-origin ${shown}.`);
}

/** Chrome's longest, in seconds. */
const PREFLIGHT_MAX_AGE = 7200;

/** The answer to a browser that asks beforehand; undefined for any other request. */
export function preflightAnswer({ method, headers }: IncomingMessage): Answer | undefined {
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return undefined;
  return {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Authorization, Content-Encoding, Content-Type',
      'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE),
    },
    body: Buffer.alloc(0),
  };
}
