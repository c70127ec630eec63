import type { GroupCount, Groups } from './groups.js';
import { type GroupRow, groupsOf, mostOperations } from './groups-sql.js';
import { COUNT_FIRST, durationSteps } from './points-sql.js';
import { WHOLE } from './steps-sql.js';

/** Compared operations by route, over the whole window: what was added in its blocks is what was added. */
export function routesSql(rows: string): string {
  return `${durationSteps(rows, ['route', 'variant', 'compared', 'failed'], WHOLE)}, ${mostOperations(
    `SELECT route AS name, variant, sum(requests) AS operations, sumIf(requests, failed) AS failures,
    sum(slow_requests) AS slow_operations, sum(unresolved_requests) AS unresolved_operations
  FROM steps WHERE compared GROUP BY name, variant HAVING operations > 0`,
  )}
  ${COUNT_FIRST}`;
}

export interface RouteRow extends GroupRow {
  variant: string;
  operations: number | string;
  failures: number | string;
  slow_operations: number | string;
  unresolved_operations: number | string;
}

export function routeCounts(rows: readonly RouteRow[]): Groups<GroupCount> {
  return groupsOf(rows, (row) => ({
    variant: row.variant,
    requests: Number(row.operations),
    errors: Number(row.failures),
    slow: Number(row.slow_operations),
    unresolved: Number(row.unresolved_operations),
  }));
}
