import type { Dashboard, Target, Variable } from '../../src/dashboards/grafana-model.js';
import {
  type Chosen,
  customOptions,
  type DefaultFormat,
  interpolate,
  openedWith,
  optionsOf,
} from './grafana.js';

/** A series as Grafana has it: a graph's points in order, or an instant's one. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Unix seconds and value. */
  readonly points: readonly (readonly [number, number])[];
}

/** A dashboard that is open on a Prometheus, as Grafana's data source of that name asks it. */
export interface OpenDashboard {
  readonly chosen: ReadonlyMap<string, Chosen>;
  /** The query's text, as Prometheus gets it. */
  textOf(target: Target): string;
  ask(target: Target): Promise<Series[]>;
}

/** Time range in Unix seconds; the step of graphs and marks. */
export interface OpenRange {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** The plugin's, without the toggle that later versions have: what is not chosen from several is only quoted. */
const format: DefaultFormat = (value, variable) =>
  variable.multi || variable.includeAll
    ? value.replaceAll('\\', '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&')
    : value.replaceAll('\\', '\\\\').replaceAll("'", "\\\\'");

/** @param choices what somebody chose instead of what it opens with */
export async function openOnPrometheus(
  url: string,
  dashboard: Dashboard,
  range: OpenRange,
  choices: Readonly<Record<string, Chosen>> = {},
): Promise<OpenDashboard> {
  const variables = dashboard.templating.list;
  const chosen = new Map<string, Chosen>();
  const builtIn = {
    __range: `${range.to - range.from}s`,
    __interval: `${range.step}s`,
    // Four scrapes, or one and the step; a scrape is what the query says is its least step.
    __rate_interval: `${Math.max(range.step + 60, 240)}s`,
  };
  const textOf = (text: string): string => interpolate(text, { variables, chosen, builtIn, format });

  for (const variable of variables) {
    const options = await answered(url, variable, textOf, range);
    chosen.set(variable.name, choices[variable.name] ?? openedWith(variable, optionsOf(variable, options)));
  }

  return {
    chosen,
    textOf: ({ expr }) => textOf(String(expr)),
    async ask(target) {
      const query = textOf(String(target['expr']));
      // An annotation is asked along the range, as a graph is.
      if (target['instant'] === true) return askPrometheus(url, 'query', { query, time: `${range.to}` });
      const { step } = range;
      const aligned = {
        start: `${Math.floor(range.from / step) * step}`,
        end: `${Math.ceil(range.to / step) * step}`,
      };
      return askPrometheus(url, 'query_range', { query, ...aligned, step: `${step}` });
    },
  };
}

const LABEL_VALUES = /^label_values\((.+), (\w+)\)$/s;

async function answered(
  url: string,
  variable: Variable,
  textOf: (text: string) => string,
  { from, to }: OpenRange,
): Promise<string[]> {
  if (variable.type === 'datasource') return [`uid-of-${variable.name}`];
  if (variable.type === 'custom') return customOptions(variable);
  const { query } = variable.query as { query: string };
  const [, selector = '', label = ''] = LABEL_VALUES.exec(query) ?? [];
  const parameters = new URLSearchParams({ 'match[]': textOf(selector), start: `${from}`, end: `${to}` });
  const response = await fetch(`${url}/api/v1/label/${label}/values?${parameters}`);
  const body = (await response.json()) as { status: string; data: string[] };
  if (body.status !== 'success') throw new Error(`${query}: ${JSON.stringify(body)}`);
  return body.data;
}

interface Answer {
  readonly status: string;
  readonly infos?: readonly string[];
  readonly warnings?: readonly string[];
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

async function askPrometheus(
  url: string,
  path: 'query' | 'query_range',
  form: Readonly<Record<string, string>>,
): Promise<Series[]> {
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(form) });
  const answer = (await response.json()) as Answer;
  if (answer.status !== 'success' || answer.warnings !== undefined) {
    throw new Error(`${form['query']}\n${JSON.stringify(answer)}`);
  }
  return answer.data.result.map(({ metric, value, values }) => ({
    labels: metric,
    points: (values ?? (value === undefined ? [] : [value])).map(([at, text]): [number, number] => [
      at,
      Number(text.replace('Inf', 'Infinity')),
    ]),
  }));
}
