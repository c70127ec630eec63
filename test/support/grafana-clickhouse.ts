import { createClient } from '@clickhouse/client';
import type { Dashboard, Target } from '../../src/dashboards/grafana-model.js';
import { type Chosen, customOptions, interpolate, openedWith, optionsOf } from './grafana.js';
import type { OpenRange } from './grafana-prometheus.js';

export type Row = Readonly<Record<string, unknown>>;

/** A dashboard that is open on a ClickHouse server, as Grafana's plugin for it asks it. */
export interface OpenOnClickHouse {
  readonly chosen: ReadonlyMap<string, Chosen>;
  ask(target: Target): Promise<Row[]>;
}

/** @param choices what somebody chose instead of what it opens with */
export async function openOnClickHouse(
  url: string,
  dashboard: Dashboard,
  range: OpenRange,
  choices: Readonly<Record<string, Chosen>> = {},
): Promise<OpenOnClickHouse> {
  const variables = dashboard.templating.list;
  const chosen = new Map<string, Chosen>();
  const ask = async ({ rawSql }: Readonly<Record<string, unknown>>): Promise<Row[]> => {
    // The plugin writes values as they are.
    const format = (value: string): string => value;
    const sql = expanded(interpolate(String(rawSql), { variables, chosen, builtIn: {}, format }), range);
    const client = createClient({ url });
    try {
      return await (await client.query({ query: sql, format: 'JSONEachRow' })).json();
    } catch (error) {
      throw new Error(sql, { cause: error });
    } finally {
      await client.close();
    }
  };
  for (const variable of variables) {
    const answered = {
      datasource: async () => [`uid-of-${variable.name}`],
      custom: async () => customOptions(variable),
      query: async () =>
        (await ask(variable.query as Record<string, unknown>)).map((row) => String(Object.values(row)[0])),
    }[variable.type];
    const options = optionsOf(variable, await answered());
    chosen.set(variable.name, choices[variable.name] ?? openedWith(variable, options));
  }
  return { chosen, ask };
}

/** The plugin's macros, which its backend expands after Grafana has put variables in. */
function expanded(sql: string, { from, to, step }: OpenRange): string {
  const text = sql
    .replace(/\$__timeInterval\(([^()]+)\)/g, `toStartOfInterval(toDateTime($1), INTERVAL ${step} second)`)
    .replace(/\$__timeFilter\(([^()]+)\)/g, `$1 >= toDateTime(${from}) AND $1 <= toDateTime(${to})`)
    .replace(/\$__fromTime\b/g, `toDateTime(${from})`)
    .replace(/\$__toTime\b/g, `toDateTime(${to})`);
  const unknown = /\$\w+|\$\{[^}]*\}|\{\w+:\w+\}/.exec(text);
  if (unknown !== null) throw new Error(`Nothing is put for ${unknown[0]} in\n${text}`);
  return text;
}
