import { formatCount } from '../stats/index.js';
import type { StoreContent, StoreStatus, TableContent } from '../store/status.js';
import { table } from './text.js';

/** As `telltale db status` prints it. */
export function describeStatus(status: StoreContent | StoreStatus): string {
  const lines = [`schema version ${status.schemaVersion ?? 'none: nothing was stored here yet'}`];
  if (status.schemaVersion !== null && status.schemaVersion < status.knownVersion) {
    lines[0] += `; the next \`telltale up\` brings it to ${status.knownVersion}`;
  }
  if (status.tables.length > 0) lines.push('', table(rows(status.tables, status)), '');
  if ('refused' in status) lines.push(...running(status));
  return lines.join('\n').trimEnd();
}

function rows(tables: readonly TableContent[], total: StoreContent): string[][] {
  const head = ['table', 'rows', 'on disk', 'bytes a row', 'oldest', 'newest', 'kept'];
  const body = tables.map((row) => [
    row.madeBy === 'collector' ? `${row.name} (the collector's)` : row.name,
    formatCount(row.rows),
    size(row.bytes),
    row.bytesPerRow === null ? '-' : formatCount(Math.round(row.bytesPerRow)),
    minute(row.oldest),
    minute(row.newest),
    kept(row.retentionSeconds),
  ]);
  return [head, ...body, ['all', formatCount(total.rows), size(total.bytes), '', '', '', '']];
}

function running({ retentionSeconds, maxDiskBytes, refused, dropped }: StoreStatus): string[] {
  const cap = maxDiskBytes === null ? 'no disk cap' : `disk cap ${size(maxDiskBytes)}`;
  const lines = [`keeps rows ${kept(retentionSeconds)}; ${cap}`];
  if (dropped.partitions > 0) {
    lines.push(
      `dropped by the cap since the start: ${formatCount(dropped.rows)} rows, ${size(dropped.bytes)}, ` +
        `${formatCount(dropped.partitions)} days of tables`,
    );
  }
  if (refused.tooOld + refused.tooNew > 0) {
    lines.push(
      `refused for their time since the start: ${formatCount(refused.tooOld)} too old, ` +
        `${formatCount(refused.tooNew)} too far ahead`,
    );
  }
  return lines;
}

function kept(seconds: number | null): string {
  if (seconds === null) return 'for ever';
  return seconds % 86_400 === 0 ? `${seconds / 86_400} d` : `${Number((seconds / 3600).toFixed(1))} h`;
}

const minute = (time: string | null): string =>
  time === null ? '-' : `${time.slice(0, 10)} ${time.slice(11, 16)}Z`;

/** Decimal units, as disks are sold. */
function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : Number(value.toPrecision(3))} ${units[unit]}`;
}
