import type { InsertStats } from '../../store/insert-stats.js';
import type { Store } from '../../store/store.js';
import type { StoredEvent } from './documents.js';
import { createPulse, type Poll, type Pulse } from './pulse.js';

/** What other backends and collectors store in the same server is seen so late at most. */
const SHARED_POLL_MS = 5000;

/** What the page shows something of. */
const TABLES = ['telltale_points', 'telltale_flag_points', 'telltale_entry_spans', 'telltale_changes'];

/** Answered from what the engine knows of the parts, without reading rows. */
const NEWEST = `SELECT toString(sum(rows)) AS rows, max(newest) AS newest FROM (${TABLES.map(
  (table) => `SELECT count() AS rows, toFloat64(max(time)) AS newest FROM ${table}`,
).join(' UNION ALL ')})`;

/**
 * Told by the inserts of this backend.
 *
 * @param isAlone whether nobody else stores there
 */
export function createStorePulse(
  { query, stats }: Pick<Store, 'query' | 'stats'>,
  isAlone: boolean,
  now: () => number,
): Pulse {
  const poll: Poll = {
    everyMs: SHARED_POLL_MS,
    async newest() {
      const [answer] = await query<{ rows: string; newest: number }>(NEWEST);
      return { mark: `${answer?.rows} ${answer?.newest}`, at: answer?.newest || null };
    },
  };
  const pulse = createPulse(isAlone ? undefined : poll);
  stats.onStored((table) => {
    // What is noted of notifications is no news to the page.
    if (table.startsWith('otel_') || table === 'telltale_changes') pulse.beat(now());
  });
  return pulse;
}

/** Records that this backend stored. */
export function receivedRecords({ rows }: InsertStats): StoredEvent['received'] {
  const points = [...rows]
    .filter(([table]) => table.startsWith('otel_metrics_'))
    .reduce((sum, [, count]) => sum + count, 0);
  return { spans: rows.get('otel_traces') ?? 0, points, logRecords: rows.get('otel_logs') ?? 0 };
}
