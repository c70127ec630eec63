import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { webhookTarget } from '../../src/server/notify/target-options.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { clickHouseFront } from '../support/clickhouse-front.js';
import { shopTraffic, WAIT, type WatchedNotifier, watch } from '../support/notifier.js';
import { type NotifyReceiver, notifyReceiver } from '../support/notify-receiver.js';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const FLAG = 'new-checkout';

const quiet = { on: [100, 1], off: [100, 1] } as const;
const harmful = { on: [1000, 200], off: [1000, 5] } as const;
/** What makes up for it. */
const mended = { on: [1000, 0], off: [1000, 400] } as const;

let dataDir: string;
let slack: NotifyReceiver;
const opened: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  dataDir = temporaryFolder();
  slack = await notifyReceiver();
});
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
  await slack[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

async function open(location: Parameters<typeof openStore>[0] = { dataDir }): Promise<Store> {
  const store = await openStore(location);
  opened.push(store);
  return store;
}

function told(store: Store, url = slack.url): WatchedNotifier {
  const notifier = watch(store, [webhookTarget(`${url}/services/T0`, KEY)]);
  opened.push({ close: () => notifier.stop() });
  return notifier;
}

const untilRequests = (count: number) => vi.waitFor(() => expect(slack.requests).toHaveLength(count), WAIT);
const turns = () => slack.requests.map(({ json }) => [json.telltale.from, json.telltale.to]);

test('a verdict that turns is told once, signed, with the sentence that decided', async () => {
  const store = await open();
  await shopTraffic(store, FLAG, quiet);
  const notifier = told(store);
  await notifier.looked();
  expect(slack.requests).toEqual([]);
  await shopTraffic(store, FLAG, harmful);
  await untilRequests(1);
  await notifier.looked();
  expect(slack.requests).toHaveLength(1);

  const [request] = slack.requests;
  const { json, headers, body } = request as NonNullable<typeof request>;
  expect([request?.method, request?.path, headers['content-type']]).toEqual([
    'POST',
    '/services/T0',
    'application/json',
  ]);
  expect(json.telltale).toMatchObject({
    ...{ kind: 'verdict', flag: FLAG, control: 'off', treatment: 'on', environment: null },
    ...{ from: 'hold', to: 'roll-back', id: headers['webhook-id'] },
    evidence: expect.stringMatching(
      /^control failed 6 of 1,100, treatment 201 of 1,100: .* against chance\.$/,
    ),
    link: 'https://telltale.example/flags/new-checkout?slow=1s',
  });
  expect(json.text).toContain(
    'new-checkout: ROLL BACK (was HOLD). on against off. control failed 6 of 1,100',
  );
  expect(json.blocks[0]).toEqual({
    type: 'header',
    text: { type: 'plain_text', text: 'new-checkout: ROLL BACK (was HOLD)', emoji: false },
  });
  // As Standard Webhooks has it, computed anew.
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', KEY).update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${signature}`);
  expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  expect(await notifier.sample('telltale_notify_deliveries_total{target="webhook",outcome="sent"}')).toBe(1);
  expect(notifier.errors).toEqual([]);
}, 60_000);

test('what was before the first look is no news, a flag that is new and harmful at once is; each environment by itself', async () => {
  const store = await open();
  await shopTraffic(store, FLAG, harmful, 'production');
  const first = told(store);
  await first.looked();
  await first.stop();
  expect(slack.requests).toEqual([]);

  await shopTraffic(store, FLAG, harmful, 'staging');
  await shopTraffic(store, 'second', harmful, 'production');
  const second = told(store);
  await untilRequests(2);
  await second.looked();
  expect(slack.requests.map(({ json }) => [json.telltale.flag, json.telltale.environment]).sort()).toEqual([
    [FLAG, 'staging'],
    ['second', 'production'],
  ]);
  expect(slack.requests.map(({ json }) => json.telltale.link)).toContain(
    'https://telltale.example/flags/second?slow=1s&env=production',
  );
}, 60_000);

test('a restart tells nothing again, and what turned meanwhile once; turning back is a turn', async () => {
  let store = await open();
  await shopTraffic(store, FLAG, quiet);
  for (const [traffic, turned] of [
    [quiet, []],
    [harmful, [['hold', 'roll-back']]],
    [{ on: [1, 0], off: [1, 0] }, [['hold', 'roll-back']]],
    [
      mended,
      [
        ['hold', 'roll-back'],
        ['roll-back', 'roll-forward'],
      ],
    ],
  ] as const) {
    await shopTraffic(store, FLAG, traffic);
    const notifier = told(store);
    await notifier.looked();
    await untilRequests(turned.length);
    await notifier.stop();
    await store.close();
    opened.length = 0;
    store = await open();
    expect(turns()).toEqual(turned);
  }
}, 240_000);

describe('a receiver that fails', () => {
  test('is asked again, later each time and as it says, with the same id', async () => {
    const store = await open();
    await shopTraffic(store, FLAG, quiet);
    const notifier = told(store);
    await notifier.looked();
    slack.answerNext(
      { status: 503, headers: { 'retry-after': '0' } },
      { status: 500, headers: { 'retry-after': 'Thu, 26 Nov 2020 00:00:00 GMT' } },
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 429, headers: { 'retry-after': '86400' } },
      { status: 502 },
    );
    await shopTraffic(store, FLAG, harmful);
    await untilRequests(6);
    await notifier.looked();
    expect(notifier.waits).toEqual([1000, 2000, 7000, 3_600_000, 16_000]);
    expect(new Set(slack.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(slack.requests).toHaveLength(6);
    expect(await notifier.sample('telltale_notify_deliveries_total{target="webhook",outcome="failed"}')).toBe(
      5,
    );
    expect(await notifier.sample('telltale_notify_deliveries_total{target="webhook",outcome="sent"}')).toBe(
      1,
    );
  }, 60_000);

  test('for good is given up, counted and said without its path', async () => {
    const store = await open();
    await shopTraffic(store, FLAG, quiet);
    const notifier = told(store);
    await notifier.looked();
    slack.answerNext({ status: 404 });
    await shopTraffic(store, FLAG, harmful);
    await untilRequests(1);
    await notifier.looked();
    expect(slack.requests).toHaveLength(1);
    expect(
      await notifier.sample('telltale_notify_deliveries_total{target="webhook",outcome="dropped"}'),
    ).toBe(1);
    expect(String(notifier.errors[0])).toContain('answered with status 404');
    expect(String(notifier.errors[0])).not.toContain('T0');
  }, 60_000);

  test('and is away until after a restart, is told then, once', async () => {
    const store = await open();
    await shopTraffic(store, FLAG, quiet);
    const { port } = new URL(slack.url);
    const away = told(store);
    await away.looked();
    await slack[Symbol.asyncDispose]();
    await shopTraffic(store, FLAG, harmful);
    await vi.waitFor(() => expect(away.waits.length).toBeGreaterThan(2), WAIT);
    await away.stop();
    slack = await notifyReceiver(Number(port));
    const back = told(store);
    await untilRequests(1);
    await back.looked();
    expect(turns()).toEqual([['hold', 'roll-back']]);
  }, 60_000);

  test('and never answers does not hold up the end; what is due goes out after it', async () => {
    const store = await open();
    await shopTraffic(store, FLAG, quiet);
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const asked = once(silent, 'request');
    const before = told(store, `http://127.0.0.1:${port}`);
    await before.looked();
    await shopTraffic(store, FLAG, harmful);
    await asked;
    await before.stop();
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
    await slack[Symbol.asyncDispose]();
    slack = await notifyReceiver(port);
    const after = told(store);
    await untilRequests(1);
    await after.looked();
    expect(turns()).toEqual([['hold', 'roll-back']]);
  }, 120_000);

  test('keeps no other target waiting', async () => {
    const store = await open();
    await shopTraffic(store, FLAG, quiet);
    await using dead = await notifyReceiver();
    dead.answerNext(...Array.from({ length: 1000 }, () => ({ status: 503 })));
    const targets = [webhookTarget(dead.url, undefined), webhookTarget(slack.url, undefined)];
    const notifier = watch(store, targets);
    opened.push({ close: () => notifier.stop() });
    await notifier.looked();
    await shopTraffic(store, FLAG, harmful);
    await untilRequests(1);
    expect(slack.requests[0]?.headers).not.toHaveProperty('webhook-signature');
  }, 60_000);
});

test('of two backends on one ClickHouse one tells, and the other goes on when it stops', async () => {
  const front = await clickHouseFront(dataDir);
  opened.push(front);
  const [one, other] = [await open({ clickhouseUrl: front.url }), await open({ clickhouseUrl: front.url })];
  await shopTraffic(one, FLAG, quiet);
  const watchers = [told(one), told(other)];
  const active = () =>
    Promise.all(watchers.map(async (watcher) => (await watcher.sample('telltale_notify_active')) ?? 0));
  await vi.waitFor(async () => expect((await active()).toSorted()).toEqual([0, 1]), WAIT);
  const [leads, waits] = (await active())[0] === 1 ? watchers : watchers.toReversed();
  await leads?.looked();
  await shopTraffic(other, FLAG, harmful);
  await untilRequests(1);
  await leads?.looked();
  expect(await waits?.sample('telltale_notify_comparisons_total{outcome="done"}')).toBe(0);
  await leads?.stop();
  await waits?.looked();
  await shopTraffic(one, FLAG, mended);
  await untilRequests(2);
  await waits?.looked();
  expect(turns()).toEqual([
    ['hold', 'roll-back'],
    ['roll-back', 'roll-forward'],
  ]);
}, 120_000);
