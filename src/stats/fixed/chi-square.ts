import { StatisticsError, shown } from '../errors.js';
import { chiSquareTail } from '../numerics/incomplete-gamma.js';
import { insufficient, type Outcome } from '../outcome.js';
import { requireCount } from '../require.js';

/** Pearson's test, valid at one look; the approximation needs an expectation of some five in each cell. */
export interface ChiSquareTest {
  readonly chiSquare: number;
  readonly degreesOfFreedom: number;
  readonly p: number;
  /** Smallest expected count: below some five, p is not to be trusted. */
  readonly smallestExpected: number;
}

/** Counts against the shares that they should have (Pearson 1900). A share of 0 has no expectation: refused. */
export function chiSquareOfShares(
  counts: readonly number[],
  shares: readonly number[],
): Outcome<ChiSquareTest> {
  if (counts.length !== shares.length || counts.length < 2) {
    const message = `two counts or more, each with its share, not ${counts.length} and ${shares.length}.`;
    throw new StatisticsError('bad-table', `a chi-square test needs ${message}`);
  }
  const whole = shares.reduce((sum, share) => sum + share, 0);
  for (const share of shares) {
    if (share > 0 && Math.abs(whole - 1) < 1e-6) continue;
    const message = `shares must be above 0 and sum to 1; here is ${shown(share)}, and their sum ${shown(whole)}.`;
    throw new StatisticsError('bad-allocation', message);
  }
  for (const count of counts) requireCount('a count', count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return insufficient('There are no counts.');
  const expected = shares.map((share) => (share / whole) * total);
  return result(counts, expected, counts.length - 1);
}

/** Rows against columns of a table: are they independent? Rows and columns of zeros are left out. */
export function chiSquareOfTable(table: readonly (readonly number[])[]): Outcome<ChiSquareTest> {
  for (const count of table.flat()) requireCount('a count', count, 'bad-table');
  if (table.some((row) => row.length !== table[0]?.length)) {
    throw new StatisticsError('bad-table', 'all rows of a table must have as many columns.');
  }
  const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const rows = table.filter((row) => sum(row) > 0);
  const columnSums = (table[0] ?? []).map((_, j) => sum(table.map((row) => row[j] ?? 0)));
  const columns = columnSums.filter((count) => count > 0).length;
  if (rows.length < 2 || columns < 2) return insufficient('The table has one row or one column with counts.');
  const total = sum(columnSums);
  const counts: number[] = [];
  const expected: number[] = [];
  for (const row of rows) {
    for (const [j, count] of row.entries()) {
      const column = columnSums[j] ?? 0;
      if (column === 0) continue;
      counts.push(count);
      expected.push(sum(row) * (column / total));
    }
  }
  return result(counts, expected, (rows.length - 1) * (columns - 1));
}

function result(
  counts: readonly number[],
  expected: readonly number[],
  degreesOfFreedom: number,
): Outcome<ChiSquareTest> {
  let chiSquare = 0;
  for (const [i, count] of counts.entries())
    chiSquare += (count - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 1);
  return {
    kind: 'ok',
    chiSquare,
    degreesOfFreedom,
    p: chiSquareTail(chiSquare, degreesOfFreedom),
    smallestExpected: Math.min(...expected),
  };
}
