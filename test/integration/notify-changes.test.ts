import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordChange } from '../../src/server/change-log.js';
import { datadogTarget, grafanaTarget } from '../../src/server/notify/target-options.js';
import type { Change } from '../../src/sources/change.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { flagChange } from '../support/changes.js';
import { shopTraffic, WAIT, type WatchedNotifier, watch } from '../support/notifier.js';
import { type NotifyReceiver, notifyReceiver } from '../support/notify-receiver.js';
import { exponentialPoint, resource } from '../support/points.js';

const FLAG = 'new-checkout';

let dataDir: string;
let store: Store;
let datadog: NotifyReceiver;
let grafana: NotifyReceiver;
let notifier: WatchedNotifier;
beforeEach(async () => {
  dataDir = temporaryFolder();
  store = await openStore({ dataDir });
  [datadog, grafana] = [await notifyReceiver(), await notifyReceiver()];
});
afterEach(async () => {
  await notifier.stop();
  await datadog[Symbol.asyncDispose]();
  await grafana[Symbol.asyncDispose]();
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const targets = () => [
  datadogTarget(datadog.url, 'an-api-key'),
  grafanaTarget(`${grafana.url}/grafana`, 'glsa_token'),
];
const start = () => watch(store, targets());
const nowSeconds = () => Math.floor(Date.now() / 1000);
const tell = (told: Partial<Change>) =>
  recordChange(
    createKeptChanges(store.query),
    store,
    flagChange({ flag: FLAG, time: nowSeconds(), ...told }),
  );
const bothHave = (count: number) =>
  vi.waitFor(() => expect([datadog.requests.length, grafana.requests.length]).toEqual([count, count]), WAIT);

test('a change of a flag is a change event of Datadog and an annotation of Grafana, once', async () => {
  await tell({ id: 'before anybody was told', time: nowSeconds() - 3600 });
  await shopTraffic(store, FLAG, { on: [100, 1], off: [100, 1] });
  notifier = start();
  await notifier.looked();
  const time = nowSeconds() + 1;
  await vi.waitFor(() => expect(nowSeconds()).toBeGreaterThan(time), WAIT);
  await tell({
    ...{ id: 'c1', time, environment: 'production', origin: 'webhook', version: '7' },
    ...{
      shares: { off: 0.9, on: 0.1 },
      sharesBefore: { off: 1 },
      author: 'ada',
      description: '<first> step',
    },
  });
  await bothHave(1);
  await notifier.looked();
  await notifier.stop();
  notifier = start();
  await notifier.looked();
  await bothHave(1);

  const [event] = datadog.requests;
  const iso = new Date(time * 1000).toISOString();
  expect([event?.method, event?.path, event?.headers['dd-api-key']]).toEqual([
    'POST',
    '/api/v2/events',
    'an-api-key',
  ]);
  const id = event?.json.data.attributes.attributes.change_metadata.telltale_id;
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(event?.json).toEqual({
    data: {
      type: 'event',
      attributes: {
        category: 'change',
        integration_id: 'custom-events',
        title: 'Feature flag new-checkout changed in production',
        message: 'off 100 % -> off 90 %, on 10 %\nversion 7\n<first> step\nby ada\ntold by a webhook',
        aggregation_key: `telltale-${id}`,
        timestamp: iso,
        tags: ['source:telltale', 'feature_flag.key:new-checkout', 'env:production'],
        attributes: {
          changed_resource: { type: 'feature_flag', name: 'new-checkout' },
          author: { type: 'user', name: 'ada' },
          impacted_resources: [{ type: 'service', name: 'shop' }],
          prev_value: { shares: { off: 1 } },
          new_value: { version: '7', shares: { off: 0.9, on: 0.1 } },
          change_metadata: { telltale_id: id, origin: 'webhook' },
        },
      },
    },
  });
  const [annotation] = grafana.requests;
  expect([annotation?.path, annotation?.headers.authorization]).toEqual([
    '/grafana/api/annotations',
    'Bearer glsa_token',
  ]);
  expect(annotation?.json).toEqual({
    time: time * 1000,
    tags: ['telltale', 'flag', 'flag:new-checkout', 'environment:production', 'variant:off', 'variant:on'],
    text: `Feature flag new-checkout changed in production<br>off 100 % -&gt; off 90 %, on 10 %<br>version 7<br>&lt;first&gt; step<br>by ada<br>told by a webhook<br>Telltale ${id}`,
  });
}, 180_000);

test('a deployment that is told is one of a configuration, and an annotation of its service', async () => {
  notifier = start();
  await notifier.looked();
  const time = nowSeconds() + 1;
  await vi.waitFor(() => expect(nowSeconds()).toBeGreaterThan(time), WAIT);
  await tell({ id: 'd1', kind: 'deployment', flag: '', service: 'shop', version: '1.4.2', time });
  await bothHave(1);
  expect(datadog.requests[0]?.json.data.attributes).toMatchObject({
    title: 'shop 1.4.2 deployed',
    tags: ['source:telltale', 'service:shop', 'version:1.4.2'],
    attributes: {
      changed_resource: { type: 'configuration', name: 'shop' },
      impacted_resources: [{ type: 'service', name: 'shop' }],
      new_value: { version: '1.4.2' },
    },
  });
  expect(grafana.requests[0]?.json.tags).toEqual(['telltale', 'deployment', 'service:shop']);
}, 60_000);

test('a deployment that only telemetry shows is told once, not as often as it is seen', async () => {
  const version = (of: string, ago: number) =>
    store.sink.metrics([
      exponentialPoint(
        { flag: FLAG, variant: 'on', resource: resource({ 'service.version': of }) },
        { start: nowSeconds() - ago - 60, time: nowSeconds() - ago, scale: 2, buckets: new Map([[-21, 9]]) },
        1,
      ),
    ]);
  await version('1', 1500);
  // The targets are named before the new version comes.
  notifier = watch(store, targets(), () => Date.now() / 1000 - 1000);
  await notifier.looked();
  await notifier.stop();
  await version('2', 100);
  notifier = watch(store, targets());
  await bothHave(1);
  await notifier.looked();
  await bothHave(1);
  expect(datadog.requests[0]?.json.data.attributes).toMatchObject({
    title: 'shop 2 deployed',
    message: 'told by telemetry',
  });
}, 90_000);
