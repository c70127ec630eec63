import type { Annotation, DatasourceRef, Link, Target, Variable } from './grafana-model.js';

/** What is shown of a variant: durations in seconds, rates and shares from 0 to 1. */
export type Measure = 'requests' | 'share' | 'errors' | 'errorRate' | 'slowShare' | 'p50' | 'p95' | 'p99';

/** Of a variant that is compared with the control: what it has more, or how many times as much. */
export type Against = 'difference' | 'ratio';

/** A value of each row of a table, or of each point of a graph. */
export interface Column {
  readonly measure: Measure;
  /** Left out: of the variant itself. */
  readonly against?: Against;
}

export interface TitledColumn extends Column {
  readonly title: string;
}

/** What rows of a table are told apart by, beside the variant. */
export type RowsBy = 'variant' | 'route';

export const QUANTILES: Readonly<Record<'p50' | 'p95' | 'p99', number>> = { p50: 0.5, p95: 0.95, p99: 0.99 };

export type Quantile = keyof typeof QUANTILES;

export function isQuantile(measure: Measure): measure is Quantile {
  return Object.hasOwn(QUANTILES, measure);
}

/** Edges of the histogram, 2^(k/4) s from 1 ms to 64 s: at any other threshold a bucket is partly slow. */
export const SLOW_EDGES: readonly number[] = Array.from({ length: 65 }, (_, i) => 2 ** ((i - 40) / 4));

/** The questions of a dashboard, in the language of what is asked. */
export interface DashboardQueries {
  /** The data source of this kind that is chosen at the top of the dashboard. */
  readonly datasource: DatasourceRef;
  /** Field of a table that holds the variant. */
  readonly variantField: string;
  /** How a data link of a graph names the variant. */
  readonly variantLabel: string;
  /** Those to choose from what there is, each by the name that the queries know it by. */
  readonly variables: Readonly<Record<'flag' | 'service' | 'environment' | 'route' | 'control', Variable>>;
  readonly annotations: Annotation[];
  /** A line a variant. */
  graph(column: Column): Target;
  /** A row a variant, or a route and variant, over the whole of the time range. */
  table(columns: readonly Column[], by: RowsBy): Target[];
  /** Traces in which the flag had a variant, where the same store has them: rows with `trace` and `seconds`. */
  readonly traces?: { readonly target: Target; readonly link: Link };
  /** What the fields are called in the answer to {@link table}. */
  tableField(column: Column): string;
}
