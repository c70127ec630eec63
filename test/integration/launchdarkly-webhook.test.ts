import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { changeRoutes } from '../../src/server/change-routes.js';
import { launchDarklyRoute } from '../../src/server/launchdarkly-webhook.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { historyOf } from '../support/changes.js';
import { launchDarklyPayload } from '../support/launchdarkly-payload.js';
import { type Answered, temporaryApi } from '../support/temporary-api.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const SECRET = 's3cret';
const NOW = 1_800_000_000;

const store = temporaryStore();
const routes = (secret: string | undefined) => () => {
  const kept = createKeptChanges(store().query);
  return [
    ...changeRoutes(historyOf(store()), kept, store(), () => NOW),
    launchDarklyRoute(kept, store(), secret),
  ];
};
const ask = temporaryApi(routes(SECRET));
const askUnconfigured = temporaryApi(routes(undefined));

const signatureOf = (body: string, secret = SECRET): string =>
  createHmac('sha256', secret).update(body).digest('hex');

function deliver(body: string, signature: string | undefined = signatureOf(body)): Promise<Answered> {
  const headers = { 'content-type': 'application/json', 'x-ld-signature': signature };
  return ask('/webhooks/launchdarkly', { method: 'POST', body, headers });
}

const listed = async (flag: string): Promise<unknown> =>
  (await ask(`/api/v1/changes?flag=${flag}`)).body.changes;

describe('POST /webhooks/launchdarkly', () => {
  test('a signed change of a flag is kept, with the shares before and after and the environment', async () => {
    const flag = freshFlag();
    const body = JSON.stringify(launchDarklyPayload(flag));
    expect(await deliver(body)).toEqual({ status: 200, body: { stored: 1 } });
    expect(await listed(flag)).toEqual([
      {
        id: `launchdarkly 57c0a8e2-${flag} production ${flag}`,
        ...{ kind: 'flag', origin: 'webhook', time: '2027-01-15T07:43:20.123Z', flag, service: null },
        ...{ environment: 'production', version: '7', shares: { 0: 0.1, 1: 0.9 }, sharesBefore: { 1: 1 } },
        description: '* Turned the flag on * Changed the default rollout',
        author: 'Ada Lovelace',
      },
    ]);
  });

  test('delivered again, it is kept once', async () => {
    const flag = freshFlag();
    const body = JSON.stringify(launchDarklyPayload(flag));
    await deliver(body);
    expect(await deliver(body)).toEqual({ status: 200, body: { stored: 0 } });
    expect(await listed(flag)).toHaveLength(1);
  });

  test('unsigned, or signed by another secret or of another body, it is refused and not kept', async () => {
    const flag = freshFlag();
    const body = JSON.stringify(launchDarklyPayload(flag));
    const unsigned = await ask('/webhooks/launchdarkly', { method: 'POST', body });
    expect([unsigned.status, unsigned.body.error.code]).toEqual([401, 'bad-signature']);
    expect(unsigned.body.error.message).toContain('it is missing');
    const forged = [
      signatureOf(body, 'guess'),
      signatureOf(`${body} `),
      signatureOf(body).slice(0, 62),
      `${signatureOf(body)}00`,
      'zz',
      '',
    ];
    for (const signature of forged) {
      expect([signature, (await deliver(body, signature)).status]).toEqual([signature, 401]);
    }
    expect(await listed(flag)).toEqual([]);
  });

  test('without a secret nothing is taken, and the answer says what to set', async () => {
    const body = JSON.stringify(launchDarklyPayload(freshFlag()));
    const headers = { 'x-ld-signature': signatureOf(body, '') };
    const answer = await askUnconfigured('/webhooks/launchdarkly', { method: 'POST', body, headers });
    expect(answer.status).toBe(404);
    expect(answer.body.error.message).toContain('TELLTALE_LAUNCHDARKLY_WEBHOOK_SECRET');
  });

  test('what is signed and no entry of the audit log is refused, naming the field', async () => {
    for (const [told, message] of [
      [{ _id: undefined }, '_id must be a text'],
      [{ date: '2027' }, 'date must be milliseconds'],
    ] as const) {
      const answer = await deliver(JSON.stringify(launchDarklyPayload(freshFlag(), told)));
      expect([answer.status, answer.body.error.message]).toEqual([400, expect.stringContaining(message)]);
    }
    expect((await deliver('[]')).status).toBe(400);
  });
});
