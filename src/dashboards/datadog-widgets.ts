/** The parts of Datadog's dashboard JSON that we write; names and meanings are those of its API, version 1. */

export interface Formula {
  readonly formula: string;
  readonly alias?: string;
  readonly unit?: 'percent' | 'second';
}

/** Metric queries by the names that formulas have for them. */
export type Queries = Readonly<Record<string, string>>;

interface Graph {
  readonly title: string;
  readonly queries: Queries;
  readonly formulas: readonly Formula[];
  readonly links: readonly Link[];
}

export interface Link {
  readonly label: string;
  readonly link: string;
}

export type Widget = Readonly<Record<string, unknown>>;

/** Lines over time, with the events that a search finds as bars. */
export function timeseries(graph: Graph & { readonly events: string }): Widget {
  return widget({
    type: 'timeseries',
    title: graph.title,
    show_legend: true,
    legend_layout: 'auto',
    requests: [
      {
        response_format: 'timeseries',
        display_type: 'line',
        queries: queriesOf(graph.queries),
        formulas: graph.formulas.map(formulaOf),
      },
    ],
    events: [{ q: graph.events, tags_execution: 'and' }],
    custom_links: graph.links,
  });
}

/** One number for the whole time shown. */
export function queryValue(graph: Graph): Widget {
  return widget({
    type: 'query_value',
    title: graph.title,
    autoscale: true,
    precision: 2,
    requests: [scalars(graph)],
    custom_links: graph.links,
  });
}

/** Groups by the size of the first formula. */
export function toplist(graph: Graph): Widget {
  const sort = { count: 25, order_by: [{ type: 'formula', index: 0, order: 'desc' }] };
  return widget({
    type: 'toplist',
    title: graph.title,
    requests: [{ ...scalars(graph), sort }],
    custom_links: graph.links,
  });
}

/** A row for each group, a column for each formula. */
export function table(graph: Graph): Widget {
  const sort = { count: 100, order_by: [{ type: 'formula', index: 0, order: 'desc' }] };
  return widget({
    type: 'query_table',
    title: graph.title,
    has_search_bar: 'auto',
    requests: [{ ...scalars(graph), sort }],
    custom_links: graph.links,
  });
}

/** The newest spans that a search finds. */
export function traces(title: string, query: string, columns: readonly string[]): Widget {
  return widget({
    type: 'list_stream',
    title,
    requests: [
      {
        response_format: 'event_list',
        query: { data_source: 'trace_stream', query_string: query },
        columns: columns.map((field) => ({ field, width: 'auto' })),
      },
    ],
  });
}

/** Text in Markdown. */
export function note(content: string): Widget {
  return widget({ type: 'note', content, background_color: 'white', font_size: '14', text_align: 'left' });
}

export function group(title: string, widgets: readonly Widget[]): Widget {
  return widget({ type: 'group', title, layout_type: 'ordered', show_title: true, widgets });
}

function widget(definition: Readonly<Record<string, unknown>>): Widget {
  return { definition };
}

function scalars({ queries, formulas }: Graph): Record<string, unknown> {
  return {
    response_format: 'scalar',
    queries: queriesOf(queries).map((query) => ({ ...query, aggregator: aggregatorOf(query.query) })),
    formulas: formulas.map(formulaOf),
  };
}

/** Over the time shown: counts are added, percentiles are those of all operations in it. */
function aggregatorOf(query: string): 'sum' | 'percentile' {
  return query.startsWith('count') ? 'sum' : 'percentile';
}

function queriesOf(queries: Queries): { data_source: 'metrics'; name: string; query: string }[] {
  return Object.entries(queries).map(([name, query]) => ({ data_source: 'metrics', name, query }));
}

function formulaOf({ formula, alias, unit }: Formula): Record<string, unknown> {
  return {
    formula,
    ...(alias === undefined ? {} : { alias }),
    ...(unit === undefined ? {} : { number_format: { unit: { type: 'canonical_unit', unit_name: unit } } }),
  };
}
