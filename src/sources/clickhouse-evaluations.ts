import { SERVICE, SORTED } from '../store/schema-flags.js';
import type { Query } from '../store/store.js';
import type { Groups } from './groups.js';
import { type GroupRow, groupsOf, mostOperations } from './groups-sql.js';
import type { Selection, Window } from './source.js';
import { at, stepsParameters, stepsSql, WHOLE } from './steps-sql.js';

/** Evaluations of a flag that share all of these; empty: they had none. */
export interface EvaluationCount {
  readonly variant: string;
  readonly reason: string;
  readonly provider: string;
  readonly errorType: string;
  readonly evaluations: number;
}

export interface EvaluationCounts {
  readonly evaluations: number;
  /** Those with an `error.type`. */
  readonly failed: number;
  /** Most first. */
  readonly kinds: readonly EvaluationCount[];
  readonly leftOut: number;
}

/** `telltale_evaluations` has no reasons: the counter is read as it came, of streams that are told apart as there. */
const POINTS = `SELECT Attributes['feature_flag.result.variant'] AS variant, Attributes['feature_flag.result.reason'] AS reason,
    Attributes['feature_flag.provider.name'] AS provider, Attributes['error.type'] AS error_type, ${SERVICE},
    cityHash64(${SORTED('Attributes')}, ${SORTED('ResourceAttributes')}, ScopeName, ScopeVersion) AS series,
    toDateTime64(StartTimeUnix, 9, 'UTC') AS start, toDateTime64(TimeUnix, 9, 'UTC') AS time,
    AggregationTemporality AS temporality, toUInt64(Value) AS count
  FROM otel_metrics_sum
  WHERE MetricName = 'feature_flag.evaluations' AND Attributes['feature_flag.key'] = {flag:String}
    AND TimeUnix > ${at('lookback')} AND TimeUnix <= ${at('to')}
    AND bitAnd(Flags, 1) = 0 AND Value BETWEEN 0 AND 9007199254740991
    AND ({service:String} = '' OR service = {service:String})
    AND ({environment:String} = '' OR environment = {environment:String})`;

/** What tells evaluations apart. */
const KIND = ['variant', 'reason', 'provider', 'error_type'];

const STEPS = stepsSql(POINTS, ['service', 'service_version', ...KIND], { count: 'added' }, WHOLE);

const KINDS = `${STEPS}, kinds AS (
  SELECT ${KIND.join(', ')}, sum(added) AS evaluations FROM steps GROUP BY ${KIND.join(', ')} HAVING evaluations > 0
)
SELECT *, sum(evaluations) OVER () AS total, sum(if(error_type = '', 0, evaluations)) OVER () AS failed,
  count() OVER () AS kinds
FROM kinds ORDER BY evaluations DESC, ${KIND.join(', ')} LIMIT {most:UInt32}`;

const REASONS = `${STEPS}, ${mostOperations(
  'SELECT reason AS name, variant, sum(added) AS operations FROM steps GROUP BY name, variant HAVING operations > 0',
)}`;

/** How often the flag was evaluated in the window, and to what: the kinds with most evaluations. */
export async function countEvaluations(
  query: Query,
  selection: Selection,
  window: Window,
  most: number,
): Promise<EvaluationCounts> {
  const rows = await query<KindRow>(KINDS, { ...stepsParameters(selection, window), most });
  const [first] = rows;
  if (first === undefined) return { evaluations: 0, failed: 0, kinds: [], leftOut: 0 };
  return {
    evaluations: Number(first.total),
    failed: Number(first.failed),
    leftOut: Number(first.kinds) - rows.length,
    kinds: rows.map(
      ({ variant, reason, provider, error_type: errorType, evaluations }): EvaluationCount => ({
        ...{ variant, reason, provider, errorType },
        evaluations: Number(evaluations),
      }),
    ),
  };
}

/** Evaluations by reason and variant, whatever became of them. */
export async function countReasons(
  query: Query,
  selection: Selection,
  window: Window,
  most: number,
): Promise<Groups<{ readonly variant: string; readonly evaluations: number }>> {
  const rows = await query<GroupRow & { variant: string; operations: number | string }>(REASONS, {
    ...stepsParameters(selection, window),
    most,
  });
  return groupsOf(rows, ({ variant, operations }) => ({ variant, evaluations: Number(operations) }));
}

interface KindRow {
  variant: string;
  reason: string;
  provider: string;
  error_type: string;
  evaluations: number | string;
  total: number | string;
  failed: number | string;
  kinds: number | string;
}
