import { createHash } from 'node:crypto';
import type { Attributes, LogRecord, Span } from '../../src/otlp/model.js';
import { renamed } from './flag-points.js';
import type { SentMetric } from './otlp-request.js';
import type { Operations } from './page-release.js';
import { attributes } from './points.js';
import { KIND, spanOf } from './spans.js';
import { failedRecord, unitPoint } from './unit-points.js';

/** The record of each failed operation, and the spans of its trace. */
export interface Failures {
  readonly records: readonly LogRecord[];
  readonly spans: readonly Span[];
}

/** What failed operations write: two kinds of exceptions, each failure of another unit, in a trace of three spans. */
export function failuresOf(operations: readonly Operations[]): Failures {
  const each = operations
    .filter(({ failed }) => failed)
    .flatMap((of) =>
      Array.from({ length: of.count }, (_, i) => ({ of, at: of.start + (60 * (i + 1)) / (of.count + 1) })),
    );
  const all = each.map(({ of, at }, i) => {
    const { release, variant, route, resource } = of;
    const spans = traceOf(of, i + 1, at);
    const record = failedRecord({ [release.flag]: variant }, `unit-${i}`, at, resource);
    const exception = i % 5 === 0 ? 'SqliteError' : variant === 'on' ? 'TypeError' : 'TimeoutError';
    const said = { ...(record.attributes as Attributes), 'http.route': route, 'exception.type': exception };
    const { traceId = '', spanId = '' } = spans[0] ?? {};
    return { spans, record: { ...record, traceId, spanId, flags: 1, attributes: attributes(said) } };
  });
  return { records: all.map(({ record }) => record), spans: all.flatMap(({ spans }) => spans) };
}

/** The entry span first. */
function traceOf(
  { release, variant, route, resource, median }: Operations,
  trace: number,
  end: number,
): Span[] {
  const flag = { [`feature_flags.${release.flag}`]: variant };
  const took = median * 3;
  // As random as a tracer's: the page shows the first digits alone.
  const traceId = createHash('sha256').update(`${end} ${trace}`).digest('hex').slice(0, 32);
  const [entry, inner, call] = [trace, trace + 1e8, trace + 2e8];
  return [
    spanOf({
      ...{ trace, span: entry, resource, end, took, failed: true, name: `POST ${route}` },
      attributes: { ...flag, 'http.route': route },
    }),
    spanOf({
      ...{ trace, span: inner, parent: entry, kind: KIND.internal, resource, attributes: flag },
      ...{ end: end - took * 0.1, took: took * 0.8, failed: true, name: 'reserve the goods' },
    }),
    spanOf({
      ...{ trace, span: call, parent: inner, kind: KIND.client, resource },
      ...{ end: end - took * 0.3, took: took * 0.4, name: 'POST payments' },
    }),
  ].map((span) => ({ ...span, traceId }));
}

/** What is counted of one variant in one process over some time. */
interface Sums {
  readonly of: Operations;
  readonly operations: number;
  readonly errors: number;
}

/** Reports of one stream at one moment are one point: a second one would be taken for the first, sent again. */
function sumsOf(operations: readonly Operations[]): Sums[] {
  const groups = Map.groupBy(operations, ({ release, variant, start }) =>
    JSON.stringify([release.flag, variant, start]),
  );
  return [...groups.values()].flatMap((group) => {
    const [of] = group;
    if (of === undefined) return [];
    const total = (some: readonly Operations[]) => some.reduce((sum, { count }) => sum + count, 0);
    return [{ of, operations: total(group), errors: total(group.filter(({ failed }) => failed)) }];
  });
}

/** The points of `feature_flag.evaluations`, a minute each: one an operation, and now and then one that failed. */
export function evaluationsOf(operations: readonly Operations[]): SentMetric[] {
  return sumsOf(operations).flatMap(({ of, operations: value }, i) => {
    const common = { 'feature_flag.key': of.release.flag, 'feature_flag.provider.name': 'flagd' };
    const split = { 'feature_flag.result.variant': of.variant, 'feature_flag.result.reason': 'split' };
    const failed = { 'feature_flag.result.reason': 'error', 'error.type': 'flag_not_found' };
    return [
      evaluations(of, value, { ...common, ...split }),
      ...(i % 10 === 0 ? [evaluations(of, 1, { ...common, ...failed })] : []),
    ];
  });
}

function evaluations(
  { release, variant, start, resource }: Operations,
  value: number,
  values: Record<string, string>,
): SentMetric {
  const stream = { counter: 'operations', flag: release.flag, variant, bucket: 0, resource } as const;
  const point = unitPoint(stream, { start, time: start + 60, value }, 1);
  return renamed(point as SentMetric, 'feature_flag.evaluations', values, '{evaluation}');
}

const BUCKETS = 16;

/** The points of `telltale.unit.*`, as sums since each process began: a unit makes about three operations. */
export function unitsOf(operations: readonly Operations[]): SentMetric[] {
  const totals = new Map<string, { started: number; operations: number; errors: number }>();
  return sumsOf(operations).flatMap(({ of, operations: more, errors }) => {
    const stream = JSON.stringify([of.release.flag, of.variant, of.resource.attributes]);
    const before = totals.get(stream) ?? { started: of.start, operations: 0, errors: 0 };
    const total = { ...before, operations: before.operations + more, errors: before.errors + errors };
    totals.set(stream, total);
    return [
      ...unitPoints(of, 'operations', total.started, total.operations),
      ...unitPoints(of, 'errors', total.started, total.errors),
      ...unitPoints(of, 'exposed', total.started, Math.ceil(total.operations / 3)),
    ];
  });
}

function unitPoints(
  { release: { flag }, variant, resource, start }: Operations,
  counter: 'operations' | 'errors' | 'exposed',
  started: number,
  total: number,
): SentMetric[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    const value = Math.floor((total + bucket) / BUCKETS);
    const reading = { start: started, time: start + 60, value };
    return unitPoint({ counter, flag, variant, bucket, resource }, reading) as SentMetric;
  });
}
