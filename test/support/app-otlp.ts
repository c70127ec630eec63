import type { Export } from './app-collector.js';

type Value = string | number | boolean | undefined;
export type Attributes = Record<string, Value>;

export interface Span {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface Log {
  readonly eventName: string;
  readonly scope: string;
  readonly traceId: string;
  readonly attributes: Attributes;
}

export interface Point {
  readonly kind: 'sum' | 'histogram' | 'exponentialHistogram';
  readonly attributes: Attributes;
  readonly count: number;
}

interface JsonValue {
  stringValue?: string;
  intValue?: string | number;
  doubleValue?: number;
  boolValue?: boolean;
}
interface JsonItem {
  attributes?: { key: string; value: JsonValue }[];
  name?: string;
  kind?: number;
  traceId?: string;
  spanId?: string;
  eventName?: string;
  asInt?: string | number;
  asDouble?: number;
  count?: string | number;
}
interface JsonMetric {
  name: string;
  sum?: { dataPoints: JsonItem[] };
  histogram?: { dataPoints: JsonItem[] };
  exponentialHistogram?: { dataPoints: JsonItem[] };
}
interface JsonScope {
  scope?: { name?: string };
  spans?: JsonItem[];
  logRecords?: JsonItem[];
  metrics?: JsonMetric[];
}
interface JsonBody {
  resourceSpans?: { scopeSpans: JsonScope[] }[];
  resourceLogs?: { scopeLogs: JsonScope[] }[];
  resourceMetrics?: { scopeMetrics: JsonScope[] }[];
}

/** What arrived as OTLP/JSON, in a form that tests can read. Of metrics, the last export counts: sums are cumulative. */
export function decodeJson(exports: readonly Export[]): {
  spans: Span[];
  logs: Log[];
  metric: (name: string) => Point[];
} {
  const bodies = exports.map((one) => JSON.parse(one.body.toString('utf8')) as JsonBody);
  const spans = bodies
    .flatMap((body) => body.resourceSpans ?? [])
    .flatMap((resource) => resource.scopeSpans)
    .flatMap((scope) => scope.spans ?? [])
    .map(toSpan);
  const logs = bodies
    .flatMap((body) => body.resourceLogs ?? [])
    .flatMap((resource) => resource.scopeLogs)
    .flatMap((scope) => (scope.logRecords ?? []).map((record) => toLog(record, scope.scope?.name ?? '')));
  const last = bodies.findLast((body) => body.resourceMetrics !== undefined);
  const metrics = (last?.resourceMetrics ?? [])
    .flatMap((resource) => resource.scopeMetrics)
    .flatMap((scope) => scope.metrics ?? []);
  return { spans, logs, metric: (name) => metrics.filter((one) => one.name === name).flatMap(toPoints) };
}

function toSpan(item: JsonItem): Span {
  return {
    name: item.name ?? '',
    kind: item.kind ?? 0,
    traceId: item.traceId ?? '',
    spanId: item.spanId ?? '',
    attributes: toAttributes(item),
  };
}

function toLog(item: JsonItem, scope: string): Log {
  return {
    eventName: item.eventName ?? '',
    scope,
    traceId: item.traceId ?? '',
    attributes: toAttributes(item),
  };
}

function toPoints(metric: JsonMetric): Point[] {
  const kinds = ['sum', 'histogram', 'exponentialHistogram'] as const;
  return kinds.flatMap((kind) =>
    (metric[kind]?.dataPoints ?? []).map((item) => ({
      kind,
      attributes: toAttributes(item),
      count: Number(item.count ?? item.asInt ?? item.asDouble),
    })),
  );
}

function toAttributes(item: JsonItem): Attributes {
  return Object.fromEntries((item.attributes ?? []).map(({ key, value }) => [key, toValue(value)]));
}

function toValue(value: JsonValue): Value {
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}
