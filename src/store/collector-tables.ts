import { BackendError } from './backend-error.js';
import type { Layout } from './cluster.js';
import { OURS } from './ddl.js';
import { COLLECTOR } from './schema-collector.js';
import type { Query } from './store.js';

/**
 * Looks at the tables that stand under the collector's names, and says where ours belong beside them.
 *
 * @param version the schema's, `undefined` where nothing is ours yet
 * @throws BackendError `schema-unusable`
 */
export async function readLayout(
  query: Query,
  cluster: string | undefined,
  version: number | undefined,
): Promise<Layout> {
  const foreign = new Map<string, string>();
  const inlets = new Map<string, string>();
  for (const found of await collectorTables(query)) {
    // Version 1 wrote no comments; the collector's tables are told by an index that ours never had.
    const ours = found.comment === OURS || (version === 1 && found.indexed === 0);
    checkPlace(found, ours, cluster);
    if (ours) continue;
    checkAttributes(found);
    foreign.set(found.name, distributedOver(found) ?? found.name);
    if (found.pointTime === 'DateTime') inlets.set(found.name, `telltale_in_${found.name}`);
  }
  return { cluster, foreign, inlets };
}

interface CollectorTable {
  readonly name: string;
  readonly engine: string;
  readonly engineFull: string;
  readonly comment: string;
  readonly indexed: number;
  readonly attributes: string;
  readonly pointTime: string;
}

function collectorTables(query: Query): Promise<CollectorTable[]> {
  return query<CollectorTable>(
    `SELECT name, engine, engine_full AS engineFull, comment, indexed, attributes, pointTime
    FROM system.tables AS t
    LEFT JOIN (
      SELECT table, 1 AS indexed FROM system.data_skipping_indices
      WHERE database = currentDatabase() AND name = 'idx_res_attr_key'
    ) AS i ON i.table = t.name
    LEFT JOIN (
      SELECT table, anyIf(type, name = 'ResourceAttributes') AS attributes, anyIf(type, name = 'TimeUnix') AS pointTime
      FROM system.columns WHERE database = currentDatabase() GROUP BY table
    ) AS c ON c.table = t.name
    WHERE database = currentDatabase() AND name IN {names:Array(String)}
    ORDER BY name`,
    { names: COLLECTOR.tables.map(({ name }) => name) },
  );
}

function checkPlace({ name, engine }: CollectorTable, ours: boolean, cluster: string | undefined): void {
  if (engine === 'Distributed' && cluster === undefined) {
    throw new BackendError(
      'schema-unusable',
      `${name} is a Distributed table: name its cluster with --cluster NAME, as in system.clusters.`,
    );
  }
  if (ours && engine !== 'Distributed' && cluster !== undefined) {
    throw new BackendError(
      'schema-unusable',
      `${name} was made without --cluster, and holds its rows on one node. Leave --cluster out, or name an empty ` +
        'database in --clickhouse URL.',
    );
  }
}

function checkAttributes({ name, attributes }: CollectorTable): void {
  if (attributes.startsWith('Map(')) return;
  throw new BackendError(
    'schema-unusable',
    `${name} has ResourceAttributes of type ${attributes || 'none'}; what is needed is the exporter's default, ` +
      'Map(LowCardinality(String), String). Let the collector write without json, or name another database in ' +
      '--clickhouse URL.',
  );
}

/** The local table under a `Distributed` one: the third argument of its engine. */
function distributedOver({ engine, engineFull }: CollectorTable): string | undefined {
  if (engine !== 'Distributed') return undefined;
  return /^Distributed\('[^']*', '[^']*', '([A-Za-z0-9_]+)'/.exec(engineFull)?.[1];
}
