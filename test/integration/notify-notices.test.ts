import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changeDocument } from '../../src/server/change-log.js';
import { createChangeLook } from '../../src/server/notify/change-look.js';
import { createNoticeStore, keyOf, type NoticeStore } from '../../src/server/notify/notice-store.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openStore, type Store } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { flagChange, historyOf } from '../support/changes.js';

let dataDir: string;
let store: Store;
let notices: NoticeStore;
beforeEach(async () => {
  dataDir = temporaryFolder();
  store = await openStore({ dataDir });
  notices = createNoticeStore(store);
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const now = Math.floor(Date.now() / 1000);

test('each step of a rollout within the hour is noted, and once where late reports date it anew', async () => {
  const looked = createChangeLook(createClickHouseSource(store.query), historyOf(store), notices);
  const moved = (ago: number) =>
    changeDocument(flagChange({ id: `shares ${ago}`, origin: 'telemetry', time: now - ago }));
  await looked.compared([moved(2400)], now);
  await looked.compared([moved(2460), moved(1200)], now);
  await looked.compared([moved(2400), moved(1200), moved(600)], now);
  const noted = await notices.changes(now - 3600);
  expect(noted.map(({ made }) => now - made).sort((a, b) => b - a)).toEqual([2400, 1200, 600]);
});

test('the verdict that was noted last is remembered, also where the clock of the backend before was ahead', async () => {
  const key = { flag: 'f', treatment: 'on', environment: '' };
  await notices.noteVerdict({ ...key, id: 'first', verdict: 'roll-back', turn: undefined }, now + 600);
  await notices.noteVerdict({ ...key, id: 'second', verdict: 'hold', turn: undefined }, now);
  const known = await notices.verdicts(now - 3600);
  expect(known.get(keyOf(key))).toEqual({ verdict: 'hold', id: 'second', told: 0 });
});
