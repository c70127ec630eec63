import type { Query } from '../store/store.js';
import { BLOCK_SECONDS, type Window } from './source.js';
import { at, FILTER, nanos, stepsParameters, stepsSql, WHERE_TIME } from './steps-sql.js';

/** A version of a flag or a service, as it was reported within one block. */
export interface SeenVersion {
  /** Of the flag or the service. */
  readonly name: string;
  readonly environment: string;
  /** Empty: none was reported. */
  readonly version: string;
  readonly block: number;
  /** A moment before the first report of it in this block, and after those before: Unix seconds. */
  readonly before: number;
}

/** Evaluations that gave a variant, as one service reported them within one minute. */
export interface SeenEvaluations {
  readonly service: string;
  readonly environment: string;
  /** When the minute begins, Unix seconds. */
  readonly minute: number;
  readonly variant: string;
  readonly evaluations: number;
}

/** What telemetry tells of changes. */
export interface SeenTelemetry {
  /** Of one flag, or of all. */
  flagVersions(flag: string | undefined, window: Window): Promise<SeenVersion[]>;
  /** Of the services that evaluated this flag, or any. */
  serviceVersions(flag: string | undefined, window: Window): Promise<SeenVersion[]>;
  evaluations(flag: string, window: Window): Promise<SeenEvaluations[]>;
}

/** A report tells of what came before it: so the block, the minute and the moment are those just before it. */
const JUST_BEFORE = 'time - INTERVAL 1 NANOSECOND';

/** Points are looked at as they are: that a version is reported at all is enough. */
function versions(tables: readonly string[], name: string, version: string): string {
  const rows = tables.map(
    (table) => `SELECT ${name} AS name, environment, ${version} AS version, time FROM ${table}
    WHERE ({flag:String} = '' OR flag = {flag:String}) AND time > ${at('from')} AND time <= ${at('to')}`,
  );
  return `SELECT name, environment, version,
    toUnixTimestamp(toStartOfInterval(${JUST_BEFORE}, INTERVAL ${BLOCK_SECONDS} SECOND, 'UTC')) AS block,
    toString(toUnixTimestamp64Micro(min(${JUST_BEFORE}))) AS before
  FROM (${rows.join(' UNION ALL ')})
  GROUP BY name, environment, version, block ORDER BY name, environment, block, version`;
}

const FLAG_VERSIONS = versions(['telltale_points'], 'flag', 'flag_version');
const SERVICE_VERSIONS = versions(['telltale_points', 'telltale_flag_points'], 'service', 'service_version');

const EVALUATIONS = `${stepsSql(
  `SELECT * FROM telltale_evaluations WHERE ${FILTER} AND ${WHERE_TIME}`,
  ['flag', 'variant', 'service', 'service_version', 'environment', 'overflow'],
  { count: 'added' },
  `toStartOfMinute(${JUST_BEFORE}, 'UTC')`,
)} SELECT service, environment, toUnixTimestamp(toStartOfMinute(${JUST_BEFORE}, 'UTC')) AS minute, variant,
  sum(added) AS evaluations
FROM steps WHERE NOT overflow AND variant NOT IN ('', '__overflow__')
GROUP BY service, environment, minute, variant HAVING evaluations > 0
ORDER BY service, environment, minute, variant`;

export function createSeenTelemetry(query: Query): SeenTelemetry {
  const ask = async (sql: string, flag: string | undefined, { from, to }: Window): Promise<SeenVersion[]> => {
    const rows = await query<VersionRow>(sql, { flag: flag ?? '', from: nanos(from), to: nanos(to) });
    return rows.map(({ block, before, ...rest }) => ({
      ...rest,
      block: Number(block),
      before: Number(before) / 1e6,
    }));
  };
  return {
    flagVersions: (flag, window) => ask(FLAG_VERSIONS, flag, window),
    serviceVersions: (flag, window) => ask(SERVICE_VERSIONS, flag, window),

    async evaluations(flag, window) {
      const rows = await query<EvaluationRow>(EVALUATIONS, stepsParameters({ flag }, window));
      return rows.map(({ minute, evaluations, ...rest }) => ({
        ...rest,
        minute: Number(minute),
        evaluations: Number(evaluations),
      }));
    },
  };
}

interface VersionRow {
  name: string;
  environment: string;
  version: string;
  block: number | string;
  before: string;
}

interface EvaluationRow {
  service: string;
  environment: string;
  minute: number | string;
  variant: string;
  evaluations: number | string;
}
