import type { Groups } from './groups.js';

/**
 * The end of a query that answers at most `{most:UInt32}` groups, those with most operations first, each with all its
 * variants; `groups` says how many there are.
 *
 * @param cells A query for rows with `name`, `variant` and `operations`, each pair once.
 */
export function mostOperations(cells: string): string {
  return `cells AS (${cells}), totals AS (
  SELECT *, sum(operations) OVER (PARTITION BY name) AS total FROM cells
), placed AS (
  SELECT *, dense_rank() OVER (ORDER BY total DESC, name) AS place FROM totals
), told AS (SELECT *, max(place) OVER () AS groups FROM placed)
SELECT * FROM told WHERE place <= {most:UInt32} ORDER BY place, variant`;
}

/** A row of {@link mostOperations}, beside what the cells have. */
export interface GroupRow<Name = string> {
  name: Name;
  place: number | string;
  groups: number | string;
}

export function groupsOf<Name, Row extends GroupRow<Name>, Counted>(
  rows: readonly Row[],
  count: (row: Row) => Counted,
): Groups<Counted, Name> {
  const groups = new Map<number, { name: Name; variants: Counted[] }>();
  for (const row of rows) {
    const group = groups.get(Number(row.place)) ?? { name: row.name, variants: [] };
    groups.set(Number(row.place), group);
    group.variants.push(count(row));
  }
  return { groups: [...groups.values()], leftOut: Number(rows[0]?.groups ?? 0) - groups.size };
}
