import type { SchemaPart, Table } from './schema.js';

/**
 * The tables of the collector's `clickhouseexporter` (0.159): the same names and columns, so that both can write
 * and both can read. Times of metrics are finer here, and the collector's indexes on attributes are left out.
 */

/** Columns shared by every metric table of the collector's exporter. */
const METRIC_COLUMNS = `
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ResourceSchemaUrl String CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
  ScopeSchemaUrl String CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  MetricName LowCardinality(String) CODEC(ZSTD(1)),
  MetricDescription String CODEC(ZSTD(1)),
  MetricUnit String CODEC(ZSTD(1)),
  Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  StartTimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
  TimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
  Flags UInt32 CODEC(ZSTD(1))`;

const EXEMPLARS = `
  Exemplars Nested (
    FilteredAttributes Map(LowCardinality(String), String),
    TimeUnix DateTime64(9),
    Value Float64,
    SpanId String,
    TraceId String
  ) CODEC(ZSTD(1))`;

const HISTOGRAM_COLUMNS = `
  Count UInt64 CODEC(Delta, ZSTD(1)),
  Sum Float64 CODEC(ZSTD(1)),
  Min Float64 CODEC(ZSTD(1)),
  Max Float64 CODEC(ZSTD(1)),
  AggregationTemporality Int32 CODEC(ZSTD(1))`;

function metricTable(kind: string, columns: readonly string[]): Table {
  return {
    name: `otel_metrics_${kind}`,
    columns: [METRIC_COLUMNS, ...columns].join(','),
    engine: 'MergeTree',
    time: 'TimeUnix',
    orderBy: 'ServiceName, MetricName, Attributes, toUnixTimestamp64Nano(TimeUnix)',
    // A stream of points stays on one shard.
    shardBy: 'cityHash64(ServiceName, MetricName, toString(Attributes))',
  };
}

const TRACES: Table = {
  name: 'otel_traces',
  columns: `
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  Duration UInt64 CODEC(ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (
    Timestamp DateTime64(9),
    Name LowCardinality(String),
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  Links Nested (
    TraceId String,
    SpanId String,
    TraceState String,
    Attributes Map(LowCardinality(String), String)
  ) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1`,
  engine: 'MergeTree',
  time: 'Timestamp',
  orderBy: 'ServiceName, SpanName, toDateTime(Timestamp)',
  shardBy: 'cityHash64(TraceId)',
};

const LOGS: Table = {
  name: 'otel_logs',
  columns: `
  Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1)),
  TimestampTime DateTime DEFAULT toDateTime(Timestamp),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  TraceFlags UInt8,
  SeverityText LowCardinality(String) CODEC(ZSTD(1)),
  SeverityNumber UInt8,
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  Body String CODEC(ZSTD(1)),
  ResourceSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeSchemaUrl LowCardinality(String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion LowCardinality(String) CODEC(ZSTD(1)),
  ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  LogAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  EventName LowCardinality(String) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1`,
  engine: 'MergeTree',
  time: 'Timestamp',
  orderBy: 'ServiceName, TimestampTime, Timestamp',
  shardBy: 'cityHash64(TraceId, SpanId, Timestamp)',
};

export const COLLECTOR: SchemaPart = {
  tables: [
    TRACES,
    LOGS,
    metricTable('gauge', ['Value Float64 CODEC(ZSTD(1))', EXEMPLARS]),
    metricTable('sum', [
      'Value Float64 CODEC(ZSTD(1))',
      'AggregationTemporality Int32 CODEC(ZSTD(1))',
      'IsMonotonic Boolean CODEC(Delta, ZSTD(1))',
      EXEMPLARS,
    ]),
    metricTable('histogram', [
      HISTOGRAM_COLUMNS,
      'BucketCounts Array(UInt64) CODEC(ZSTD(1))',
      'ExplicitBounds Array(Float64) CODEC(ZSTD(1))',
      EXEMPLARS,
    ]),
    metricTable('exponential_histogram', [
      HISTOGRAM_COLUMNS,
      'Scale Int32 CODEC(ZSTD(1))',
      'ZeroCount UInt64 CODEC(ZSTD(1))',
      'PositiveOffset Int32 CODEC(ZSTD(1))',
      'PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1))',
      'NegativeOffset Int32 CODEC(ZSTD(1))',
      'NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1))',
      EXEMPLARS,
    ]),
    metricTable('summary', [
      'Count UInt64 CODEC(Delta, ZSTD(1))',
      'Sum Float64 CODEC(ZSTD(1))',
      'ValueAtQuantiles Nested (Quantile Float64, Value Float64) CODEC(ZSTD(1))',
    ]),
  ],
  views: [],
};
