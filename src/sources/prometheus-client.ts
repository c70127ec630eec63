import { askJson, type HttpSource, unusable } from './http-json.js';
import { type Matcher, matching } from './promql.js';

/** Labels of a series, without the name of its metric. */
export type Labels = Readonly<Record<string, string>>;

/** A histogram as PromQL's answers have it: `[boundaries rule, lower, upper, count]`, filled buckets only. */
export type NativeBuckets = readonly (readonly [number, string, string, string])[];

export interface InstantSeries {
  readonly labels: Labels;
  readonly value?: number;
  readonly buckets?: NativeBuckets;
}

export interface RangeSeries {
  readonly labels: Labels;
  /** Unix seconds and value. */
  readonly values: readonly (readonly [number, number])[];
}

export interface PrometheusClient {
  /** Values that a label has on series about then; names of metrics are those of `__name__`. */
  values(
    label: '__name__' | 'job' | 'exported_job' | 'feature_flag_key',
    matchers: readonly Matcher[],
    from: number,
    to: number,
  ): Promise<string[]>;
  /** Names of labels that series have about then. */
  labels(matchers: readonly Matcher[], from: number, to: number): Promise<string[]>;
  at(expression: string, time: number): Promise<InstantSeries[]>;
  along(expression: string, from: number, to: number, step: number): Promise<RangeSeries[]>;
}

/** What one answer may hold. A comparison that needs more has to be narrowed. */
const MAX_SERIES = 50_000;
const MAX_SAMPLES = 4_000_000;

/**
 * VictoriaMetrics otherwise gives the samples of the last 30 seconds the values of older ones, and moves times to multiples of
 * the step. Other stores pass over parameters that they do not know.
 */
const AS_STORED = { latency_offset: '1ms', nocache: '1' };

/** Asks the HTTP API that Prometheus has, and Mimir, Thanos, VictoriaMetrics and Grafana Cloud with it. */
export function createPrometheusClient(source: HttpSource): PrometheusClient {
  async function query(path: string, form: Readonly<Record<string, string>>): Promise<unknown> {
    const body = new URLSearchParams({ ...form, ...AS_STORED });
    return dataOf(source, path, await askJson(source, path, { method: 'POST', body }));
  }

  async function results(path: string, form: Readonly<Record<string, string>>): Promise<RawSeries[]> {
    const data = await query(path, form);
    const list = isRecord(data) ? data['result'] : undefined;
    if (!Array.isArray(list)) throw unusable(source, `answered ${path} without a result`);
    if (!list.every((one) => isRecord(one) && isRecord(one['metric'])))
      throw unusable(source, `answered ${path} with what is no series: is it a Prometheus API?`);
    const all = list as RawSeries[];
    const samples = all.reduce((sum, { values }) => sum + (values?.length ?? 1), 0);
    if (all.length > MAX_SERIES || samples > MAX_SAMPLES) {
      throw unusable(
        source,
        `answered with ${all.length} series and ${samples} samples, and ${MAX_SERIES} and ${MAX_SAMPLES} are the most ` +
          'that are read: narrow the question with --since, --service or --env',
      );
    }
    return all;
  }

  async function list(path: string, what: string, asked: readonly Matcher[], from: number, to: number) {
    const form = new URLSearchParams({ 'match[]': matching(asked), start: String(from), end: String(to) });
    const answer = await askJson(source, `/api/v1/${path}?${form}`, { method: 'GET' });
    const data = dataOf(source, `/api/v1/${path}`, answer);
    if (!Array.isArray(data)) throw unusable(source, `lists no ${what}: is it a Prometheus API?`);
    return data.filter((value): value is string => typeof value === 'string');
  }

  return {
    values: (label, matchers, from, to) =>
      list(`label/${label}/values`, `values of ${label}`, matchers, from, to),

    labels: (matchers, from, to) => list('labels', 'labels', matchers, from, to),

    async at(expression, time) {
      const all = await results('/api/v1/query', { query: expression, time: String(time) });
      return all.map(({ metric, value, histogram }) => ({
        labels: withoutName(metric),
        ...(value === undefined ? {} : { value: Number(value[1]) }),
        ...(histogram === undefined ? {} : { buckets: histogram[1].buckets ?? [] }),
      }));
    },

    async along(expression, from, to, step) {
      const form = { query: expression, start: String(from), end: String(to), step: String(step) };
      const all = await results('/api/v1/query_range', form);
      return all.map(({ metric, values = [] }) => ({
        labels: withoutName(metric),
        values: values.map(([time, value]): [number, number] => [time, Number(value)]),
      }));
    },
  };
}

/** What was asked for, undefined where the answer is of no Prometheus API. */
function dataOf(source: HttpSource, path: string, answer: unknown): unknown {
  if (!isRecord(answer)) return undefined;
  refusePart(source, answer);
  if (answer['status'] === 'success') return answer['data'];
  if (typeof answer['error'] !== 'string') return undefined;
  throw unusable(source, `answered ${path} with no success: ${sentence(answer['error'])}`);
}

function sentence(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 300);
}

/** A store that is spread over many answers with what it got: counts would be too small, and nobody would know. */
function refusePart(source: HttpSource, answer: Readonly<Record<string, unknown>>): void {
  const warnings = Array.isArray(answer['warnings']) ? answer['warnings'].map(String) : [];
  // The engine's own remarks on a question all begin so.
  const warning = warnings.find((text) => !text.startsWith('PromQL '));
  const why = answer['isPartial'] === true ? 'some of its nodes did not answer' : warning;
  if (why === undefined) return;
  throw unusable(source, `has answered only in part (${sentence(why)}): ask again once all of it answers`);
}

interface RawSeries {
  readonly metric: Labels;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
  readonly histogram?: readonly [number, { readonly buckets?: NativeBuckets }];
}

function withoutName({ __name__: _, ...labels }: Labels): Labels {
  return labels;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
