import type { Annotation, Dashboard, Panel, Target, Variable } from '../../src/dashboards/grafana-model.js';

/**
 * What Grafana does with a dashboard before a data source sees its queries, as its documentation and its sources have
 * it: variables are chosen one after the other, and put into the text of queries. Grafana itself cannot be run here.
 */

/** How a plugin writes a variable's value where no format is asked for. */
export type DefaultFormat = (value: string, variable: Variable) => string;

/** A value chosen, or All. */
export type Chosen = string | typeof ALL;

export const ALL: unique symbol = Symbol('All');

/** `$name`, `${name}`, `${name:format}` and `[[name]]`. */
const PLACEHOLDER = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.[^:^}]+)?(?::([^}]+))?\}/g;

export interface Interpolation {
  readonly variables: readonly Variable[];
  readonly chosen: ReadonlyMap<string, Chosen>;
  /** `__interval` and its like. */
  readonly builtIn: Readonly<Record<string, string>>;
  readonly format: DefaultFormat;
}

/** A text as a data source gets it. What is no variable stays as it is, for the plugin's macros. */
export function interpolate(text: string, { variables, chosen, builtIn, format }: Interpolation): string {
  return text.replace(PLACEHOLDER, (whole, plain, bracket, _, braced, formatName) => {
    const name: string = plain ?? bracket ?? braced;
    if (Object.hasOwn(builtIn, name)) return builtIn[name] ?? '';
    const variable = variables.find((one) => one.name === name);
    const value = chosen.get(name);
    if (variable === undefined || value === undefined) return whole;
    // Raw, whatever the format: Grafana takes a custom one as the text that the author wants.
    if (value === ALL) return variable.allValue ?? '';
    if (formatName === 'percentencode') return percentEncoded(value);
    if (formatName !== undefined) throw new Error(`The format ${formatName} is not known here.`);
    return format(value, variable);
  });
}

function percentEncoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The options of a variable in Grafana's order, of what the data source answered. */
export function optionsOf(variable: Variable, answered: readonly string[]): string[] {
  const [, pattern] = /^\/(.*?)\/$/.exec(variable.regex ?? '') ?? [];
  const kept = pattern === undefined ? answered : answered.filter((value) => new RegExp(pattern).test(value));
  const unique = [...new Set(kept)];
  return variable.sort === 1 ? unique.sort((a, b) => a.localeCompare(b)) : unique;
}

/** What a variable has when the dashboard opens: what it was saved with where that is an option, else the first. */
export function openedWith(variable: Variable, options: readonly string[]): Chosen {
  const saved = variable.current?.value;
  if (saved !== undefined && options.includes(saved)) return saved;
  return variable.includeAll ? ALL : (options[0] ?? '');
}

/** Options of a variable that is a list: `text : value, ...`. */
export function customOptions({ query }: Variable): string[] {
  return String(query)
    .split(/(?<!\\),/)
    .map((option) => (/^\s*(.+)\s:\s(.+)$/.exec(option)?.[2] ?? option).trim());
}

export interface PanelTarget {
  readonly panel: Panel;
  readonly target: Target;
}

export function targetsOf(dashboard: Dashboard): PanelTarget[] {
  return dashboard.panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ panel, target })));
}

/** Those that ask the dashboard's own data source. */
export function askedAnnotations(dashboard: Dashboard): Annotation[] {
  return dashboard.annotations.list.filter(({ datasource }) => datasource.type !== 'grafana');
}
