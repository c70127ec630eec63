import { BackendError } from '../store/backend-error.js';
import { askJson, type HttpSource, headerValue, unusable } from './http-json.js';
import type { Window } from './source.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What one group has in each interval. */
export interface DatadogSeries {
  /** Index of the query that it answers. */
  readonly query: number;
  /** Tags by key; one that is missing is ''. */
  readonly tags: Readonly<Record<string, string>>;
  /** When the interval begins, in Unix seconds, and what is in it. */
  readonly points: readonly (readonly [number, number])[];
}

/** The headers that Datadog asks for; its client libraries read the same variables. */
export function datadogHeaders(apiKey: string, applicationKey: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'dd-api-key': apiKey,
    'dd-application-key': applicationKey,
  };
}

/**
 * Keys and site from the environment.
 *
 * @throws BackendError `usage` where a key is missing or no header can hold it, or the site is none
 */
export function datadogFromEnvironment(env: Environment): HttpSource {
  const [apiKey, applicationKey] = [headerValue(env, 'DD_API_KEY'), headerValue(env, 'DD_APP_KEY')];
  if (apiKey === '' || applicationKey === '') {
    throw new BackendError('usage', '--source datadog needs DD_API_KEY and DD_APP_KEY in the environment.');
  }
  const site = datadogSite(env);
  return {
    name: 'Datadog',
    url: `https://api.${site}`,
    headers: datadogHeaders(apiKey, applicationKey),
    credentials: 'DD_API_KEY, DD_APP_KEY (which needs the scope timeseries_query) and DD_SITE',
  };
}

/** @throws BackendError `usage` */
export function datadogSite({ DD_SITE: site = 'datadoghq.com' }: Environment): string {
  if (/^[a-z0-9.-]+$/.test(site)) return site;
  throw new BackendError(
    'usage',
    `DD_SITE must be a site such as datadoghq.eu; it is ${JSON.stringify(site)}.`,
  );
}

/** More series than this are not read. */
const MAX_SERIES = 20_000;

/** Asks the timeseries endpoint of the metrics API, version 2. */
export async function queryTimeseries(
  http: HttpSource,
  queries: readonly string[],
  { from, to, seconds }: Window & { readonly seconds: number },
): Promise<DatadogSeries[]> {
  const asked = { ...questionOf({ from, to }, queries, {}), interval: seconds * 1000 };
  const { series, times, values } = await ask(http, 'timeseries', asked);
  if (!Array.isArray(series) || !Array.isArray(times) || !Array.isArray(values)) {
    throw unusable(http, 'answers with no timeseries: is it the metrics API, version 2?');
  }
  checkSize(http, series.length);
  checkIntervals(http, times as number[], { from, to, seconds });
  return (series as SeriesHead[]).map(({ group_tags: tags, query_index: query }, i) => ({
    query: query ?? 0,
    tags: Object.fromEntries((tags ?? []).map(tagOf)),
    points: (times as number[]).flatMap((time, j): [number, number][] => {
      const value = (values as (number | null)[][])[i]?.[j];
      return typeof value === 'number' ? [[time / 1000, value]] : [];
    }),
  }));
}

/** One value of each query by the values of the one tag that they are grouped by, '' without it; undefined where there is none. */
export async function queryScalars(
  http: HttpSource,
  queries: readonly string[],
  window: Window,
): Promise<Map<string, (number | undefined)[]>> {
  const { columns } = await ask(http, 'scalar', questionOf(window, queries, { aggregator: 'percentile' }));
  if (!Array.isArray(columns))
    throw unusable(http, 'answers with no columns: is it the metrics API, version 2?');
  const all = columns as Column[];
  const groups = all.find(({ type }) => type === 'group')?.values ?? [];
  checkSize(http, groups.length);
  const numbers = queries.map((_, i) => all.find(({ type, name }) => type === 'number' && name === `q${i}`));
  return new Map(
    groups.map((group, row) => [
      presentTag((Array.isArray(group) ? group : [group]).join(',')),
      numbers.map((column) => {
        const value = column?.values[row];
        return typeof value === 'number' ? value : undefined;
      }),
    ]),
  );
}

function questionOf({ from, to }: Window, queries: readonly string[], how: Readonly<Record<string, string>>) {
  return {
    from: Math.round(from * 1000),
    to: Math.round(to * 1000),
    queries: queries.map((query, i) => ({ data_source: 'metrics', name: `q${i}`, query, ...how })),
    formulas: queries.map((_, i) => ({ formula: `q${i}` })),
  };
}

/** Attributes of the answer. */
async function ask(
  http: HttpSource,
  kind: 'timeseries' | 'scalar',
  attributes: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const body = JSON.stringify({ data: { type: `${kind}_request`, attributes } });
  const answer = (await askJson(http, `/api/v2/query/${kind}`, { method: 'POST', body })) as Answer | null;
  if (Array.isArray(answer?.errors)) {
    throw unusable(http, `refuses the query: ${answer.errors.map(errorText).join(' ').slice(0, 300)}`);
  }
  return answer?.data?.attributes ?? {};
}

function checkSize(http: HttpSource, size: number): void {
  if (size <= MAX_SERIES) return;
  throw unusable(
    http,
    `answers with ${size} series, and ${MAX_SERIES} are the most that are read: narrow the question with --since, --service or --env`,
  );
}

/** Points of a series that Datadog gives; it enforces longer intervals where a window has more. */
const MAX_POINTS = 1500;

/** Times are those with anything in them: only where intervals do not fit do their gaps tell that they are longer. */
function checkIntervals(
  http: HttpSource,
  times: readonly number[],
  { from, to, seconds }: Window & { readonly seconds: number },
): void {
  if (times.length < 2) return;
  const spacing = times.reduce((common, time) => divisor(common, time / 1000), 0);
  const fits = (to - from) / seconds <= MAX_POINTS;
  if (spacing === seconds || (fits && spacing % seconds === 0)) return;
  throw unusable(
    http,
    `answers in intervals of ${spacing} s where ${seconds} s were asked for, as it does for long windows: give a later --since`,
  );
}

/** The greatest that divides both. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

interface Answer {
  readonly errors?: readonly unknown[];
  readonly data?: { readonly attributes?: Readonly<Record<string, unknown>> };
}

interface SeriesHead {
  readonly group_tags?: readonly string[];
  readonly query_index?: number;
}

interface Column {
  readonly type: string;
  readonly name: string;
  readonly values: readonly unknown[];
}

/** Errors are texts, or objects as in JSON:API. */
function errorText(error: unknown): string {
  const detail = (error as { detail?: unknown } | null)?.detail;
  return typeof detail === 'string' ? detail : String(error);
}

function tagOf(tag: string): [string, string] {
  const colon = tag.indexOf(':');
  const value = tag.slice(colon + 1);
  return [tag.slice(0, colon), presentTag(value)];
}

/** Groups without a tag have this in its place. */
function presentTag(value: string): string {
  return value === 'N/A' ? '' : value;
}
