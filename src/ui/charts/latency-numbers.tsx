import type { LatencyDocument } from '../../server/page/documents.js';
import { count, duration, percent } from '../parts/format.js';
import { Name } from '../parts/name.js';
import { bucketText } from './latency-shape.js';
import type { Numbers } from './numbers-table.js';
import { shortName } from './short-name.js';

/** Requests of each variant by bucket; those of variants that were recorded in other buckets in rows of their own. */
export function distributionNumbers({ variants }: LatencyDocument): Numbers {
  const rows = new Map<string, { from: number; to: number; cells: string[] }>();
  const none = variants.map(({ requests }) => (requests === null ? '-' : '0'));
  variants.forEach(({ requests, buckets }, column) => {
    if (requests === null) return;
    for (const bucket of buckets) {
      const { from, to } = bucket;
      const key = `${from} ${to}`;
      const row = rows.get(key) ?? { from, to: to ?? Infinity, cells: [...none] };
      row.cells[column] = `${count(bucket.requests)} (${percent(bucket.requests / requests)})`;
      rows.set(key, row);
    }
  });
  return {
    head: ['Duration', ...variants.map(({ variant }) => <Name key={variant}>{variant}</Name>)],
    rows: [...rows.values()]
      .toSorted((a, b) => a.from - b.from || a.to - b.to)
      .map(({ from, to, cells }) => [bucketText({ from, to: to === Infinity ? null : to }), ...cells]),
  };
}

/** One sentence: the 95th percentiles. */
export function latencySummary({ variants }: LatencyDocument): string {
  if (variants.every(({ p95 }) => p95 === null)) return 'No durations yet.';
  const each = variants.map(({ variant, p95 }) => `${shortName(variant)} ${duration(p95)}`).join(', ');
  return `95 of 100 requests took at most: ${each}.`;
}
