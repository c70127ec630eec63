import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeptChanges } from '../sources/clickhouse-changes.js';
import { BackendError } from '../store/backend-error.js';
import type { Store } from '../store/store.js';
import { recordChange } from './change-log.js';
import { launchDarklyChanges } from './launchdarkly-payload.js';
import { parseJsonObject } from './request-body.js';
import { json, type Route } from './routes.js';

/** The variable that holds the webhook's secret. */
export const LAUNCHDARKLY_SECRET = 'TELLTALE_LAUNCHDARKLY_WEBHOOK_SECRET';

/** A payload holds the flag before and after, in all its environments, with every rule and target. */
const MAX_BODY_BYTES = 4 * 2 ** 20;

const SHA256_HEX = /^[0-9a-f]{64}$/i;

/**
 * LaunchDarkly's webhook for changes of flags. It is let in by its signature and by nothing else.
 *
 * @param secret of the webhook; absent: none is expected
 */
export function launchDarklyRoute(
  kept: KeptChanges,
  store: Pick<Store, 'changes'>,
  secret: string | undefined,
): Route {
  return {
    method: 'POST',
    path: '/webhooks/launchdarkly',
    open: true,
    async handle(request) {
      if (secret === undefined) {
        throw new BackendError(
          'not-found',
          `No webhook of LaunchDarkly is expected here: start telltale up with ${LAUNCHDARKLY_SECRET}, the secret by which the webhook is signed.`,
        );
      }
      const signature = readSignature(request.headers['x-ld-signature']);
      const body = await request.body(MAX_BODY_BYTES);
      if (!isSigned(body, signature, secret)) throw badSignature('another: compare the two secrets');
      let stored = 0;
      for (const change of launchDarklyChanges(parseJsonObject(body))) {
        const { created } = await recordChange(kept, store, change);
        if (created) stored += 1;
      }
      return json({ stored });
    },
  };
}

/**
 * Looked at before the body is read, so that nobody fills memory without trying to sign.
 *
 * @throws BackendError `bad-signature`
 */
function readSignature(given: string | string[] | undefined): Buffer {
  if (typeof given === 'string' && SHA256_HEX.test(given)) return Buffer.from(given, 'hex');
  throw badSignature(
    given === undefined ? 'missing: check "Sign this webhook" in LaunchDarkly' : 'not 64 digits of hex',
  );
}

function isSigned(body: Buffer, signature: Buffer, secret: string): boolean {
  return timingSafeEqual(signature, createHmac('sha256', secret).update(body).digest());
}

function badSignature(found: string): BackendError {
  return new BackendError(
    'bad-signature',
    `X-LD-Signature must be the HMAC-SHA256 of the body in hex, by the secret in ${LAUNCHDARKLY_SECRET}; it is ${found}.`,
  );
}
