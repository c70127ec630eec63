import { PREFIX, STATUS } from '../store/schema-fragments.js';
import type { Query } from '../store/store.js';

/** A span of a trace; times are nanoseconds. Of its attributes only the flags: others may hold personal data. */
export interface StoredSpan {
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  /** Unix time. */
  readonly start: bigint;
  readonly duration: bigint;
  readonly failed: boolean;
  readonly statusMessage: string;
  /** Variants by flag. */
  readonly flags: Readonly<Record<string, string>>;
}

export interface StoredTrace {
  /** Of all its spans, Unix nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
  /** In the order of their start, of those that start together the longest first. */
  readonly spans: readonly StoredSpan[];
  readonly leftOut: number;
}

/** Text, because numbers of JSON lose digits of nanoseconds. A span that was sent again is the same one. */
const TRACE = `SELECT *, toString(min(start) OVER ()) AS first, toString(max(start + duration) OVER ()) AS last,
  toString(start) AS started, toString(duration) AS took, count() OVER () AS spans
FROM (
  SELECT SpanId AS span, ParentSpanId AS parent, SpanName AS name, SpanKind AS kind, ServiceName AS service,
    toUInt64(greatest(toUnixTimestamp64Nano(Timestamp), 0)) AS start, Duration AS duration,
    StatusCode = 'Error' OR ${STATUS('SpanAttributes')} AS failed, StatusMessage AS message,
    mapFilter((k, v) -> startsWith(k, '${PREFIX}'), SpanAttributes) AS flags
  FROM otel_traces WHERE TraceId = {trace:String}
  LIMIT 1 BY SpanId
)
ORDER BY start, duration DESC, span LIMIT {most:UInt32}`;

/** @param trace 32 lower-case hex digits */
export async function readTrace(query: Query, trace: string, most: number): Promise<StoredTrace | undefined> {
  const rows = await query<SpanRow>(TRACE, { trace, most });
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    start: BigInt(first.first),
    end: BigInt(first.last),
    leftOut: Number(first.spans) - rows.length,
    spans: rows.map((row) => ({
      spanId: row.span,
      parentSpanId: row.parent,
      name: row.name,
      kind: row.kind,
      service: row.service,
      start: BigInt(row.started),
      duration: BigInt(row.took),
      failed: Boolean(row.failed),
      statusMessage: row.message,
      flags: Object.fromEntries(
        Object.entries(row.flags).map(([key, variant]) => [key.slice(PREFIX.length), variant]),
      ),
    })),
  };
}

interface SpanRow {
  span: string;
  parent: string;
  name: string;
  kind: string;
  service: string;
  started: string;
  took: string;
  failed: boolean | number;
  message: string;
  flags: Record<string, string>;
  first: string;
  last: string;
  spans: number | string;
}
