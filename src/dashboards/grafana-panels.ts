import type { DatasourceRef, FieldConfig, Override, Panel, Target } from './grafana-model.js';
import type { Column, DashboardQueries, RowsBy, TitledColumn } from './measures.js';
import { traceLinks } from './trace-links.js';

/** Everything below the variables: what a release did, over the whole time range, then over time, then by route. */
export function panelsOf(queries: DashboardQueries): Panel[] {
  const panels = [
    at(0, 0, 24, 8, table(queries, 'Variants', TEXTS.variants, 'variant', VARIANT_COLUMNS)),
    at(0, 8, 24, 7, table(queries, 'Against $control', TEXTS.against, 'variant', AGAINST_COLUMNS)),
    at(0, 15, 8, 8, graph(queries, 'Traffic share', TEXTS.share, { measure: 'share' })),
    at(8, 15, 8, 8, graph(queries, 'Error rate', TEXTS.errorRate, { measure: 'errorRate' })),
    at(16, 15, 8, 8, graph(queries, 'Slow share', TEXTS.slowShare, { measure: 'slowShare' })),
    at(0, 23, 8, 8, graph(queries, 'p50', TEXTS.quantile, { measure: 'p50' })),
    at(8, 23, 8, 8, graph(queries, 'p95', TEXTS.quantile, { measure: 'p95' })),
    at(16, 23, 8, 8, graph(queries, 'p99', TEXTS.quantile, { measure: 'p99' })),
    at(
      0,
      31,
      8,
      8,
      graph(queries, 'Error rate less that of $control', TEXTS.difference, {
        measure: 'errorRate',
        against: 'difference',
      }),
    ),
    at(
      8,
      31,
      8,
      8,
      graph(queries, 'Slow share less that of $control', TEXTS.difference, {
        measure: 'slowShare',
        against: 'difference',
      }),
    ),
    at(
      16,
      31,
      8,
      8,
      graph(queries, 'p95 against $control', TEXTS.ratio, { measure: 'p95', against: 'ratio' }),
    ),
    at(0, 39, 24, 10, table(queries, 'By route', TEXTS.route, 'route', ROUTE_COLUMNS)),
    ...(queries.traces === undefined ? [] : [at(0, 53, 24, 9, traces(queries.datasource, queries.traces))]),
    at(0, 49, 24, 4, {
      type: 'text',
      title: 'How to read this',
      options: { mode: 'markdown', content: TEXTS.reading },
    }),
  ];
  return panels.map((panel, i) => ({ id: i + 1, ...panel }));
}

const VARIANT_COLUMNS: readonly TitledColumn[] = [
  { title: 'Requests', measure: 'requests' },
  { title: 'Share', measure: 'share' },
  { title: 'Errors', measure: 'errors' },
  { title: 'Error rate', measure: 'errorRate' },
  { title: 'p50', measure: 'p50' },
  { title: 'p95', measure: 'p95' },
  { title: 'p99', measure: 'p99' },
  { title: 'Slow', measure: 'slowShare' },
];

const AGAINST_COLUMNS: readonly TitledColumn[] = [
  { title: 'Error rate, more', measure: 'errorRate', against: 'difference' },
  { title: 'Error rate, times', measure: 'errorRate', against: 'ratio' },
  { title: 'Slow, more', measure: 'slowShare', against: 'difference' },
  { title: 'Slow, times', measure: 'slowShare', against: 'ratio' },
  { title: 'p50, times', measure: 'p50', against: 'ratio' },
  { title: 'p95, more', measure: 'p95', against: 'difference' },
  { title: 'p95, times', measure: 'p95', against: 'ratio' },
  { title: 'p99, times', measure: 'p99', against: 'ratio' },
];

const ROUTE_COLUMNS: readonly TitledColumn[] = VARIANT_COLUMNS.filter(({ measure }) => measure !== 'share');

const TEXTS = {
  variants:
    'What each variant did over the time range: operations that the release assigned, without those that saw several variants, overrides and aborted requests.',
  against:
    'Each variant against the control: what it has more, and how many times as much. A ratio is left out where the control has none. No verdict: `telltale compare` says what is chance.',
  share: 'Operations of each variant, of all that are compared. It moves when the release does.',
  errorRate: 'Share of operations with error.type: a status of 500 and above, or an exception.',
  slowShare:
    'Share of operations longer than the threshold chosen above, which is an edge of the histogram: exact.',
  quantile: 'Estimated within a bucket of the histogram, which are at most 19 % wide. Seconds.',
  difference: 'Above zero: worse than the control. Swings of few operations are chance.',
  ratio: 'Above 1: slower than the control.',
  route:
    'The same by route, or by the name of an operation that is no HTTP request. A fault often is in one route alone.',
  traces:
    'Entry spans in which the flag had a variant, by feature_flags.<key>: those that failed first, then the longest. Sampled as traces are.',
  reading:
    'A graph shows the minutes before each point, so few operations swing widely; the tables show the whole range. Neither is a verdict: `telltale compare $flag` says what is chance and what is not. Marks are versions of the flag and of services, and what `telltale up --notify` wrote. Click a line or a variant for its traces. More: `docs/grafana.md` of the package telltale.',
} as const;

function traces(
  datasource: DatasourceRef,
  { target, link }: NonNullable<DashboardQueries['traces']>,
): Unplaced {
  return {
    type: 'table',
    title: 'Traces',
    description: TEXTS.traces,
    datasource,
    targets: [target],
    fieldConfig: {
      defaults: { custom: { align: 'auto', filterable: true } },
      overrides: [
        { matcher: { id: 'byName', options: 'trace' }, properties: [{ id: 'links', value: [link] }] },
        { matcher: { id: 'byName', options: 'seconds' }, properties: [{ id: 'unit', value: 's' }] },
      ],
    },
    options: { showHeader: true, cellHeight: 'sm' },
  };
}

type Placed = Omit<Panel, 'id'>;
type Unplaced = Omit<Placed, 'gridPos'>;

function at(x: number, y: number, w: number, h: number, panel: Unplaced): Placed {
  return { ...panel, gridPos: { x, y, w, h } };
}

function graph(queries: DashboardQueries, title: string, description: string, column: Column): Unplaced {
  const stacked = column.measure === 'share';
  return {
    type: 'timeseries',
    title,
    description,
    datasource: queries.datasource,
    interval: '1m',
    // Of six hours, a point in five minutes: each costs as much as a row of a table.
    maxDataPoints: 100,
    targets: [queries.graph(column)],
    fieldConfig: {
      defaults: {
        ...unitOf(column),
        ...(column.against === undefined ? { min: 0 } : {}),
        ...(stacked ? { max: 1 } : {}),
        color: { mode: 'palette-classic-by-name' },
        custom: {
          drawStyle: 'line',
          lineWidth: 2,
          fillOpacity: stacked ? 30 : 0,
          showPoints: 'auto',
          // A report may be late: a gap of three is one.
          spanNulls: 180_000,
          stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
        },
        links: traceLinks(queries.variantLabel),
      },
      overrides: COLORS,
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'multi', sort: 'none' },
    },
  };
}

/** The usual names have the same colour on every panel; any other has one of its own, by its name. */
const COLORS: Override[] = [
  ...['off', 'false', 'control', 'baseline'].map((name) => [name, 'blue'] as const),
  ...['on', 'true', 'treatment'].map((name) => [name, 'orange'] as const),
].map(([name, fixedColor]) => ({
  matcher: { id: 'byName', options: name },
  properties: [{ id: 'color', value: { mode: 'fixed', fixedColor } }],
}));

function unitOf({ measure, against }: Column): Pick<FieldConfig, 'unit' | 'decimals'> {
  if (against === 'ratio') return { unit: 'none', decimals: 2 };
  if (measure === 'requests' || measure === 'errors') return { unit: 'short', decimals: 0 };
  return { unit: measure.startsWith('p') ? 's' : 'percentunit' };
}

function table(
  queries: DashboardQueries,
  title: string,
  description: string,
  by: RowsBy,
  columns: readonly TitledColumn[],
): Unplaced {
  const names = by === 'route' ? { route: 'Route' } : {};
  const targets: Target[] = queries.table(columns, by);
  return {
    type: 'table',
    title,
    description,
    datasource: queries.datasource,
    targets,
    transformations: [
      ...(targets.length > 1 ? [{ id: 'merge', options: {} }] : []),
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          indexByName: {},
          renameByName: {
            ...names,
            [queries.variantField]: 'Variant',
            ...Object.fromEntries(columns.map((column) => [queries.tableField(column), column.title])),
          },
        },
      },
    ],
    fieldConfig: {
      defaults: { noValue: '-', custom: { align: 'auto', filterable: true } },
      overrides: [
        {
          matcher: { id: 'byName', options: 'Variant' },
          properties: [{ id: 'links', value: traceLinks('__data.fields.Variant') }],
        },
        ...columns.map(
          (column): Override => ({
            matcher: { id: 'byName', options: column.title },
            properties: Object.entries(unitOf(column)).map(([id, value]) => ({ id, value })),
          }),
        ),
      ],
    },
    options: { showHeader: true, cellHeight: 'sm' },
  };
}
