import { expect, test, vi } from 'vitest';
import { webhookTarget } from '../../src/server/notify/target-options.js';
import { shopTraffic, WAIT, watch } from '../support/notifier.js';
import { notifyReceiver } from '../support/notify-receiver.js';
import { temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();

const harmful = { on: [1000, 200], off: [1000, 5] } as const;

test('what was harmful before anybody looked is no news, also where the first look leaves it out', async () => {
  // Nobody says what their control is, which is found soon.
  for (let i = 1; i <= 50; i += 1) {
    await shopTraffic(store(), `of-two-names-${i}`, { red: [9000, 1], blue: [9000, 1] });
  }
  await shopTraffic(store(), 'left-out', harmful);
  await using receiver = await notifyReceiver();
  const notifier = watch(store(), [webhookTarget(receiver.url, undefined)]);
  try {
    const compared = () => notifier.sample('telltale_notify_comparisons_total{outcome="done"}');
    await vi.waitFor(async () => expect(await compared()).toBeGreaterThan(0), WAIT);
    await shopTraffic(store(), 'new', harmful);
    await vi.waitFor(() => expect(receiver.requests).not.toEqual([]), WAIT);
    expect(receiver.requests.map(({ json }) => json.telltale.flag)).toEqual(['new']);
    expect(notifier.errors).toEqual([]);
  } finally {
    await notifier.stop();
  }
}, 120_000);
