import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeptChanges } from '../sources/clickhouse-changes.js';
import { BackendError } from '../store/backend-error.js';
import type { Store } from '../store/store.js';
import { recordChange } from './change-log.js';
import { launchDarklyChanges } from './launchdarkly-payload.js';
import { parseJsonObject, readRequestBody } from './request-body.js';
import { json, type Route } from './routes.js';

/** The variable that holds the webhook's secret. */
export const LAUNCHDARKLY_SECRET = 'TELLTALE_LAUNCHDARKLY_WEBHOOK_SECRET';

/** A payload holds the flag before and after, in all its environments, with every rule and target. */
const MAX_BODY_BYTES = 4 * 2 ** 20;

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
    async handle({ raw }) {
      if (secret === undefined) {
        throw new BackendError(
          'not-found',
          `No webhook of LaunchDarkly is expected here: start telltale up with ${LAUNCHDARKLY_SECRET}, the secret by which the webhook is signed.`,
        );
      }
      const body = await readRequestBody(raw, MAX_BODY_BYTES);
      checkSignature(body, raw.headers['x-ld-signature'], secret);
      let stored = 0;
      for (const change of launchDarklyChanges(parseJsonObject(body))) {
        const { created } = await recordChange(kept, store, change);
        if (created) stored += 1;
      }
      return json({ stored });
    },
  };
}

/** @throws BackendError `bad-signature` */
function checkSignature(body: Buffer, given: string | string[] | undefined, secret: string): void {
  const expected = createHmac('sha256', secret).update(body).digest();
  const signature = Buffer.from(typeof given === 'string' ? given : '', 'hex');
  if (signature.length === expected.length && timingSafeEqual(signature, expected)) return;
  throw new BackendError(
    'bad-signature',
    `X-LD-Signature must be the HMAC-SHA256 of the body in hex, by the secret in ${LAUNCHDARKLY_SECRET}; it is ` +
      `${given === undefined ? 'missing: check "Sign this webhook" in LaunchDarkly' : 'another: compare the two secrets'}.`,
  );
}
