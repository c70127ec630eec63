import { readTrace, type StoredSpan } from '../../sources/clickhouse-traces.js';
import { BackendError } from '../../store/backend-error.js';
import type { Query } from '../../store/store.js';
import type { TraceDocument, TraceSpan } from './documents.js';

const MOST_SPANS = 500;

/**
 * @param id as it stands in the path
 * @param query undefined: spans are not stored here
 * @throws BackendError `bad-request` where it is no id, `not-found` where no span of it is stored
 */
export async function traceDocument(query: Query | undefined, id: string): Promise<TraceDocument> {
  if (!/^[0-9a-f]{32}$/i.test(id)) {
    throw new BackendError(
      'bad-request',
      `The id of a trace must be 32 hex digits; it is ${JSON.stringify(id.slice(0, 60))}.`,
    );
  }
  if (query === undefined) {
    throw new BackendError(
      'not-found',
      'This backend stores no spans: it asks another store, and of that only for counts.',
    );
  }
  const traceId = id.toLowerCase();
  const trace = await readTrace(query, traceId, MOST_SPANS);
  if (trace === undefined) {
    throw new BackendError(
      'not-found',
      `No span of trace ${traceId} is stored: it was not sampled, is on its way, or is older than what is kept.`,
    );
  }
  const { start, end, spans, leftOut } = trace;
  return {
    traceId,
    start: new Date(Number(start / 1_000_000n)).toISOString(),
    durationSeconds: seconds(end - start),
    spans: spans.map((span) => spanDocument(span, start)),
    leftOut,
  };
}

function spanDocument({ start, duration, ...span }: StoredSpan, first: bigint): TraceSpan {
  return { ...span, offsetSeconds: seconds(start - first), durationSeconds: seconds(duration) };
}

function seconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9;
}
