/** What a widget asks of metrics, and what it makes of it. */
export interface MetricRequest {
  readonly title: string;
  readonly queries: readonly { readonly name: string; readonly query: string }[];
  readonly formulas: readonly { readonly formula: string }[];
}

interface Widget {
  readonly definition: {
    readonly title?: string;
    readonly widgets?: readonly Widget[];
    readonly requests?: readonly Partial<MetricRequest>[];
  };
}

/** All of a dashboard's JSON, also those in groups. */
export function metricRequests({ widgets }: { readonly widgets: readonly Widget[] }): MetricRequest[] {
  return widgets.flatMap(({ definition: { title = '', widgets: inner = [], requests = [] } }) => [
    ...metricRequests({ widgets: inner }),
    ...requests.flatMap(({ queries, formulas }) =>
      queries === undefined || formulas === undefined ? [] : [{ title, queries, formulas }],
    ),
  ]);
}

/** What each `$variable` stands for where nobody chose anything. */
export function templateVariables(dashboard: {
  readonly template_variables: readonly {
    readonly name: string;
    readonly prefix: string;
    readonly defaults: readonly string[];
  }[];
}): Record<string, string> {
  return Object.fromEntries(
    dashboard.template_variables.map(({ name, prefix, defaults: [value = '*'] }) => [
      name,
      value === '*' ? value : `${prefix}:${value}`,
    ]),
  );
}
