import { logDirichletMultinomial } from './dirichlet-multinomial.js';
import { StatisticsError } from './errors.js';
import { requireCount } from './require.js';
import { logAsAllocated } from './sample-ratio-e-value.js';

/** Units by the variant they got of one flag (rows) and of another (columns), each unit once. */
export type AssignmentTable = readonly (readonly number[])[];

/** Jeffreys' prior, as in Krichevsky & Trofimov's estimator: costs (k - 1)/2 ln n per row, whatever the shares. */
const PRIOR = 0.5;

/**
 * ln of an e-value against "which variant of the second flag a unit gets does not depend on its variant of the
 * first", valid at every look and for any shares, known or not. Above: each row with its own shares, drawn from a
 * Dirichlet distribution. Below: one set of shares for all rows, at its maximum likelihood, which is never less than
 * the truth has; so the ratio is an e-value (universal inference: Wasserman, Ramdas & Balakrishnan 2020, PNAS 117,
 * arXiv 1912.11436, with a mixture above instead of a running estimate).
 *
 * One table for each stretch in which neither flag's allocation changed: pooled over two ramps that rise together,
 * independent assignments look tied. The tables' e-values are multiplied. Two flags found dependent are each to be
 * stratified by the other (`strataByFlags`).
 */
export function logFlagDependence(tables: readonly AssignmentTable[]): number {
  let sum = 0;
  for (const table of tables) sum += ofTable(table);
  return sum;
}

function ofTable(table: AssignmentTable): number {
  const columns = table[0]?.length ?? 0;
  const totals = new Array<number>(columns).fill(0);
  let apart = 0;
  for (const row of table) {
    if (row.length !== columns) {
      throw new StatisticsError(
        'bad-table',
        'each row must have a count for every variant of the second flag.',
      );
    }
    for (const [j, count] of row.entries()) {
      requireCount('units', count, 'bad-table');
      totals[j] = (totals[j] ?? 0) + count;
    }
    apart += logDirichletMultinomial(row, new Array<number>(columns).fill(PRIOR));
  }
  const units = totals.reduce((a, b) => a + b, 0);
  const pooled = totals.map((count) => count / units);
  return apart - logAsAllocated(totals, pooled);
}

/**
 * The service version of a cell, with the variants that its requests got of other flags: given as `serviceVersion`,
 * it makes `judge` compare within each combination, for a stratum is one epoch, block and service version. Of
 * the same flags two combinations never get the same text, and the order of the flags does not matter. Without other flags
 * it is the version itself.
 */
export function strataByFlags(serviceVersion: string, others: Readonly<Record<string, string>>): string {
  const flags = Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1));
  return flags.length === 0 ? serviceVersion : JSON.stringify([serviceVersion, ...flags]);
}
