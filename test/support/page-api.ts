import { detailRoutes } from '../../src/server/page/detail-routes.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Store } from '../../src/store/store.js';
import { historyOf } from './changes.js';
import { type Answered, temporaryApi } from './temporary-api.js';

/** The page's routes over a store; `now` is Unix seconds. */
export function pageApi(
  store: () => Store,
  now: () => number = () => Date.now() / 1000,
): (path: string) => Promise<Answered> {
  return temporaryApi(() => {
    const { query } = store();
    return detailRoutes({ source: createClickHouseSource(query), query, changes: historyOf(store()) }, now);
  });
}

/** Keys and variants as nobody should name them. */
export const HOSTILE: readonly string[] = [
  `it's "quoted" \\ and \\' again`,
  '<script>alert(1)</script>&amp;',
  "'); DROP TABLE otel_traces; --",
  '{flag:String} $1 %s %2F /a/b?c=d#e',
  'right-to-left \u202egnp.exe\u202c \u200f\u061c',
  '__proto__',
  '__overflow__',
  'ключ-флага-日本-🚩',
  'x'.repeat(200),
];
