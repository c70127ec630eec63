import { INSERT_SECONDS_BOUNDS, type InsertStats } from '../store/insert-stats.js';
import type { Query, StoreStats } from '../store/store.js';
import { gauge, type HistogramMetric, type Measure, type Metric } from './metrics.js';
import { within } from './within.js';

/** A reader of metrics is not made to wait for a query before it: the sizes are left out then. */
const DISK_TIMEOUT_MS = 1000;

/** What the store did and holds. */
export function storeMeasure(stats: StoreStats, query: Query): Measure {
  return async () => {
    const { inserts } = stats;
    const waiting = stats.waiting();
    const { refused, dropped } = stats.losses();
    return [
      insertDuration(inserts),
      {
        name: 'telltale.store.insert.failures',
        description: 'Inserts that the store did not take; their senders were asked to try again.',
        unit: '{insert}',
        type: 'counter',
        points: [{ attributes: {}, value: inserts.failures }],
      },
      {
        name: 'telltale.store.rows',
        description: 'Rows that were stored, by table.',
        unit: '{row}',
        type: 'counter',
        points: [...inserts.rows].map(([table, value]) => ({ attributes: { table }, value })),
      },
      {
        name: 'telltale.store.records.refused',
        description: 'Records that were refused for their time: older than is kept, or too far ahead.',
        unit: '{record}',
        type: 'counter',
        points: [
          { attributes: { reason: 'too_old' }, value: refused.tooOld },
          { attributes: { reason: 'too_new' }, value: refused.tooNew },
        ],
      },
      {
        name: 'telltale.store.dropped',
        description: 'Data that was dropped to stay under --max-disk.',
        unit: 'By',
        type: 'counter',
        points: [{ attributes: {}, value: dropped.bytes }],
      },
      gauge(
        {
          name: 'telltale.store.waiting.requests',
          description: 'Requests whose rows wait for an insert.',
          unit: '{request}',
        },
        waiting.requests,
      ),
      gauge(
        { name: 'telltale.store.waiting', description: 'Rows that wait for an insert.', unit: 'By' },
        waiting.text,
      ),
      ...(await diskMetrics(query)),
    ];
  };
}

function insertDuration({ seconds, secondsAtMost, inserts }: InsertStats): HistogramMetric {
  const cumulative = [...secondsAtMost, inserts];
  return {
    name: 'telltale.store.insert.duration',
    description: 'Time that inserts took which were stored.',
    unit: 's',
    type: 'histogram',
    bounds: INSERT_SECONDS_BOUNDS,
    counts: cumulative.map((count, i) => count - (cumulative[i - 1] ?? 0)),
    sum: seconds,
  };
}

async function diskMetrics(query: Query): Promise<Metric[]> {
  const sizes = query<{ table: string; bytes: number }>(
    `SELECT table, toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts
    WHERE active AND database = currentDatabase() GROUP BY table ORDER BY table`,
  );
  const rows = await within(DISK_TIMEOUT_MS, sizes).catch(() => []);
  if (rows.length === 0) return [];
  return [
    {
      name: 'telltale.store.disk',
      description: 'Data on disk, by table; left out while the store does not answer.',
      unit: 'By',
      type: 'gauge',
      points: rows.map(({ table, bytes }) => ({ attributes: { table }, value: bytes })),
    },
  ];
}
