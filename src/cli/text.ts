import { formatCount } from '../stats/index.js';

/** Numbers and tables as the commands print them; no locale, so that the same data reads the same anywhere. */

/** A share in per cent, with two digits that mean something. */
export function percent(share: number | null): string {
  if (share === null) return '-';
  const value = share * 100;
  return `${value === 0 || value >= 10 ? value.toFixed(1) : value.toPrecision(2)} %`;
}

/** Seconds in the unit that suits them. */
export function seconds(value: number | null): string {
  if (value === null) return '-';
  if (value < 1e-3) return `${significant(value * 1e6)} us`;
  if (value < 1) return `${significant(value * 1e3)} ms`;
  return `${significant(value)} s`;
}

/** A ratio as times the control's. */
export function ratio(value: number | null): string {
  return value === null ? '-' : significant(value);
}

function significant(value: number): string {
  return value >= 100 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** A moment to the second, from ISO 8601 in UTC. */
export function day(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}Z`;
}

/** The first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .map((line) => `${indent}${line.trimEnd()}`)
    .join('\n');
}
