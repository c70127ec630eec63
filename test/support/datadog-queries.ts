import type { StandInOperation } from './datadog-stand-in.js';

/**
 * A stand-in for what Datadog makes of the queries in dashboards and monitors, by its documentation: scopes of terms
 * with commas, `!` and `*`, `$variables`, groups, counts above a threshold, and arithmetic over them. An ungrouped
 * query has the same value for every group.
 */
type Values = ReadonlyMap<string, number>;

const UNGROUPED = '';
const QUERY =
  /(count|count\(v: v>[\d.]+\)|p\d+):telltale\.operation\.duration\{([^}]*)\}(?: by \{([^}]*)\})?(?:\.as_count\(\))?/g;

/** The value of a query by group. */
export function answer(
  query: string,
  operations: readonly StandInOperation[],
  variables: Readonly<Record<string, string>> = {},
): Values {
  const [parts, ...others] = [...query.matchAll(QUERY)];
  if (parts === undefined || others.length > 0 || parts[0] !== query) throw new Error(`no query: ${query}`);
  const [, aggregator = '', scope = '', by] = parts;
  const groups = new Map<string, number[]>();
  for (const { seconds, tags } of operations) {
    if (!scope.split(',').every((term) => holds(substituted(term, variables), tags))) continue;
    const group =
      by === undefined
        ? UNGROUPED
        : by
            .split(',')
            .map((name) => tags[name] ?? 'N/A')
            .join(',');
    groups.set(group, [...(groups.get(group) ?? []), seconds]);
  }
  return new Map([...groups].map(([group, values]) => [group, aggregate(aggregator, values)]));
}

/** The values of formulas by group, in the order of the formulas; NaN where there is nothing. */
export function formulas(
  texts: readonly string[],
  queries: Readonly<Record<string, Values>>,
): Map<string, number[]> {
  const groups = new Set(Object.values(queries).flatMap((values) => [...values.keys()]));
  if (groups.size > 1) groups.delete(UNGROUPED);
  const names = Object.keys(queries);
  return new Map(
    [...groups].map((group) => {
      const values = names.map(
        (name) => queries[name]?.get(group) ?? queries[name]?.get(UNGROUPED) ?? Number.NaN,
      );
      return [group, texts.map((text) => calculate(text, names, values))];
    }),
  );
}

/** Whether a monitor's condition holds for what came in its window, and its value. */
export function monitored(
  query: string,
  operations: readonly StandInOperation[],
): { value: number; fires: boolean } {
  const [, expression = '', comparator, threshold] =
    /^sum\(last_\d+m\):(.*) (>=|<) ([\d.]+)$/.exec(query) ?? [];
  const values: number[] = [];
  const text = expression.replace(QUERY, (one) => {
    values.push(answer(one, operations).get(UNGROUPED) ?? Number.NaN);
    return `q${values.length - 1}`;
  });
  const value = calculate(
    text,
    values.map((_, i) => `q${i}`),
    values,
  );
  return { value, fires: comparator === '>=' ? value >= Number(threshold) : value < Number(threshold) };
}

function substituted(term: string, variables: Readonly<Record<string, string>>): string {
  return term.replace(/^\$(\w+)$|\$(\w+)\.value/, (_, whole?: string, value?: string) => {
    const text = variables[whole ?? value ?? ''];
    if (text === undefined) throw new Error(`no variable: ${term}`);
    return whole === undefined ? text.slice(text.indexOf(':') + 1) : text;
  });
}

function holds(term: string, tags: Readonly<Record<string, string>>): boolean {
  if (term === '*') return true;
  if (term.startsWith('!')) return !holds(term.slice(1), tags);
  const colon = term.indexOf(':');
  const [name, wanted] = [term.slice(0, colon), term.slice(colon + 1)];
  const value = tags[name];
  if (value === undefined) return false;
  return wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}

function aggregate(aggregator: string, values: readonly number[]): number {
  const above = /v>([\d.]+)/.exec(aggregator)?.[1];
  if (above !== undefined) return values.filter((value) => value > Number(above)).length;
  if (aggregator === 'count') return values.length;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * Number(aggregator.slice(1))) / 100) - 1] ?? Number.NaN;
}

function calculate(formula: string, names: readonly string[], values: readonly number[]): number {
  const defaultZero = (value: number): number => (Number.isNaN(value) ? 0 : value);
  const body = new Function('default_zero', ...names, `return ${formula};`);
  return body(defaultZero, ...values) as number;
}
