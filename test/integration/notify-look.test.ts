import { expect, test } from 'vitest';
import { createLookOrder, type LookOrder } from '../../src/server/notify/look-order.js';
import { createNotifyMetrics } from '../../src/server/notify/notify-metrics.js';
import { type LookedAt, lookAtVerdicts } from '../../src/server/notify/verdict-look.js';
import { prometheusText } from '../../src/server/prometheus-text.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { historyOf } from '../support/changes.js';
import { shopTraffic } from '../support/notifier.js';
import { temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();

/** The first that are looked at, and how many of what became of comparisons until then. */
async function look(most: number, order: LookOrder): Promise<[string[], string[]]> {
  const metrics = createNotifyMetrics([]);
  const now = Date.now() / 1000;
  const looks = lookAtVerdicts(
    {
      ...{ source: createClickHouseSource(store().query), query: store().query, history: historyOf(store()) },
      ...{ parametersOf: () => ({ slow: '1s' }), metrics, order },
      onError: (error) => expect.fail(String(error)),
    },
    { from: now - 3600, to: now },
  );
  const found: LookedAt[] = [];
  for await (const looked of looks) {
    found.push(looked);
    if (found.length === most) break;
  }
  const samples = prometheusText(await metrics.measure())
    .split('\n')
    .filter((line) => line.startsWith('telltale_notify_comparisons_total'))
    .map((line) => line.replace(/^.*outcome="(\w+)"} /, '$1 '));
  return [found.map(({ comparison }) => comparison.flag), samples];
}

test('50 flags of two variants are compared, those with most traffic first, the others counted, and compared next; no control is no fault', async () => {
  await shopTraffic(store(), 'everybody-has-it', { on: [90_000, 1] });
  await shopTraffic(store(), 'of-two-names', { red: [80_000, 1], blue: [80_000, 1] });
  for (let i = 1; i <= 52; i += 1) {
    await shopTraffic(store(), `flag-${i}`, { on: [100 * i, 1], off: [100 * i, 1] });
  }
  const order = createLookOrder();
  expect(await look(2, order)).toEqual([
    ['flag-52', 'flag-51'],
    ['done 2', 'not_comparable 1', 'failed 0', 'left_out 3'],
  ]);
  expect(await look(2, order)).toEqual([
    ['flag-50', 'flag-49'],
    ['done 2', 'not_comparable 0', 'failed 0', 'left_out 3'],
  ]);
}, 120_000);
