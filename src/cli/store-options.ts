import { duration } from '../server/parameters.js';
import { BackendError } from '../store/backend-error.js';
import { clickHouseLocation } from '../store/clickhouse-location.js';
import { clusterName } from '../store/cluster.js';
import { defaultDataDir, type StoreLocation } from '../store/engine.js';
import type { StoreOptions } from '../store/upkeep.js';

type Values = Readonly<Record<string, string | undefined>>;

/** What a command takes that opens a store. */
export const STORE_OPTIONS = ['data', 'clickhouse', 'cluster', 'retention', 'max-disk'] as const;

/** Of a new store: twice the 7 days that a comparison looks back at most by itself. */
const DEFAULT_RETENTION = '14d';

/**
 * Where the rows go, from `--data` or `--clickhouse` and the environment.
 *
 * @throws BackendError `usage`
 */
export function readLocation(
  { data, clickhouse }: Values,
  env: NodeJS.ProcessEnv = process.env,
): StoreLocation {
  if (clickhouse === undefined) return { dataDir: data ?? defaultDataDir(env) };
  if (data !== undefined) {
    throw new BackendError('usage', 'Give --data or --clickhouse, not both: the rows go to one of them.');
  }
  return clickHouseLocation(clickhouse, env);
}

/** @throws BackendError `usage` */
export function readCluster({ cluster, clickhouse }: Values): string | undefined {
  if (cluster !== undefined && clickhouse === undefined) {
    throw new BackendError(
      'usage',
      '--cluster needs --clickhouse URL: the embedded ClickHouse has no cluster.',
    );
  }
  return cluster === undefined ? undefined : clusterName(cluster);
}

/** What is kept, and for how long: `--cluster`, `--retention` and `--max-disk`. */
export function readStoreOptions(
  values: Values,
): Pick<StoreOptions, 'cluster' | 'retentionSeconds' | 'keepRetention' | 'maxDiskBytes'> {
  const maxDisk = values['max-disk'];
  const retention = values['retention'];
  return {
    cluster: readCluster(values),
    retentionSeconds: readRetention(retention ?? DEFAULT_RETENTION),
    // An option that was forgotten must not delete what is kept under a longer one.
    keepRetention: retention === undefined,
    maxDiskBytes: maxDisk === undefined ? undefined : readBytes(maxDisk),
  };
}

/** A shorter one would refuse what an exporter sends again after a pause. */
const SHORTEST_RETENTION_SECONDS = 3600;

function readRetention(text: string): number | undefined {
  if (text === '0' || text === 'forever') return undefined;
  const seconds = duration(text, '--retention');
  if (seconds >= SHORTEST_RETENTION_SECONDS) return seconds;
  throw new BackendError(
    'usage',
    `--retention must be at least 1h, or 0 or forever to keep everything; it is ${text}.`,
  );
}

const UNITS: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

function readBytes(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(\w+)$/.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const bytes = factor === undefined ? 0 : Math.round(Number(digits) * factor);
  if (bytes > 0) return bytes;
  throw new BackendError(
    'usage',
    `--max-disk must be a size above 0 in ${Object.keys(UNITS).join(', ')}, such as 10GB; it is ${JSON.stringify(text)}.`,
  );
}
