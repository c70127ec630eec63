import { expect, test, vi } from 'vitest';
import { createStorePulse } from '../../src/server/page/store-pulse.js';
import { requests } from '../support/overview.js';
import { temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();

test('what others store in the same server is seen; what is noted of notifications is no news', async () => {
  const now = Math.floor(Date.now() / 1000);
  // As if each insert were another backend's.
  const { query, stats } = store();
  const shared = createStorePulse(
    { query, stats: { ...stats, onStored: () => undefined } },
    false,
    () => now,
  );
  const own = createStorePulse(store(), true, () => now);
  /** Asks once, as when the first page is opened. */
  const look = async (revision: number): Promise<number | null> => {
    const stop = shared.listen(() => undefined);
    await vi.waitFor(() => expect(shared.revision).toBe(revision));
    stop();
    return shared.at;
  };
  expect(await look(1)).toBeNull();
  await store().sink.metrics([requests({ flag: 'f', variant: 'on' }, now - 100, 5)]);
  expect(await look(2)).toBe(now - 100);
  // Older, and news all the same.
  await store().sink.metrics([requests({ flag: 'f', variant: 'on' }, now - 200, 5)]);
  expect(await look(3)).toBe(now - 100);
  expect([own.revision, own.at]).toEqual([2, now]);

  await store().notices('telltale_watchers', [{ claim: 'c', released: false }]);
  expect(store().stats.inserts.rows.get('telltale_watchers')).toBe(1);
  expect(own.revision).toBe(2);
});
