import type { Query } from '../store/store.js';
import type { Window } from './source.js';
import { at, nanos } from './steps-sql.js';

const TABLES = ['telltale_points', 'telltale_flag_points', 'telltale_entry_spans'];

const ENVIRONMENTS = `SELECT DISTINCT environment FROM (${TABLES.map(
  (table) => `SELECT environment FROM ${table} WHERE time > ${at('from')} AND time <= ${at('to')}`,
).join(' UNION ALL ')}) ORDER BY environment`;

/** The `deployment.environment.name`s of what reported within the window; '' is of what has none. */
export async function activeEnvironments(query: Query, { from, to }: Window): Promise<string[]> {
  const rows = await query<{ environment: string }>(ENVIRONMENTS, { from: nanos(from), to: nanos(to) });
  return rows.map(({ environment }) => environment);
}
