/** What makes a record unusable although its batch can be read. Reasons follow "because". */
import { attributeProblem } from './attribute-limits.js';
import type { Batch, Rejections } from './batch.js';
import type { ExemplarDraft } from './drafts.js';
import { spanIdProblem, traceIdProblem } from './ids.js';
import type { Exemplar, LogRecord, Span, SpanEvent, SpanLink } from './model.js';

export function spanProblem(span: Span): string | undefined {
  if (span.traceId === '') return 'its trace id is missing or all zeroes';
  if (span.spanId === '') return 'its span id is missing or all zeroes';
  return (
    traceIdProblem(span.traceId) ??
    spanIdProblem(span.spanId) ??
    spanIdProblem(span.parentSpanId, "its parent's") ??
    linkProblem(span.links) ??
    attributeProblem(span.attributes) ??
    eventProblem(span.events)
  );
}

function eventProblem(events: readonly SpanEvent[]): string | undefined {
  for (const { attributes } of events) {
    const problem = attributeProblem(attributes, 'an event of it has');
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A link to nothing is kept, as the specification of `addLink` asks; an id of another length is an error. */
function linkProblem(links: readonly SpanLink[]): string | undefined {
  for (const link of links) {
    const problem =
      traceIdProblem(link.traceId, "a link's") ??
      spanIdProblem(link.spanId, "a link's") ??
      attributeProblem(link.attributes, 'a link of it has');
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * The batch without records whose resource or scope has attributes beyond the limits. Asked at the end: in protobuf a
 * resource may stand after its records.
 *
 * @param size how many records a row is
 */
export function finishBatch<Row extends Pick<Span, 'resource' | 'scope'>>(
  rows: readonly Row[],
  rejections: Rejections,
  size: (row: Row) => number = () => 1,
): Batch<Row> {
  const kept = rows.filter((row) => {
    const problem =
      attributeProblem(row.resource.attributes, 'its resource has') ??
      attributeProblem(row.scope.attributes, 'its scope has');
    if (problem !== undefined) rejections.add(problem, size(row));
    return problem === undefined;
  });
  return { rows: kept, rejection: rejections.result() };
}

/** Ids are optional here: a record without a trace is whole. */
export function logRecordProblem(record: LogRecord): string | undefined {
  return (
    traceIdProblem(record.traceId) ?? spanIdProblem(record.spanId) ?? attributeProblem(record.attributes)
  );
}

/**
 * An exemplar without value, or with attributes beyond the limits, is left out. One whose ids are wrong keeps its value: it is
 * no reason to lose the point.
 */
export function addExemplar(exemplars: Exemplar[], draft: ExemplarDraft): void {
  const { value } = draft;
  if (value === undefined || attributeProblem(draft.attributes) !== undefined) return;
  const known = traceIdProblem(draft.traceId) === undefined && spanIdProblem(draft.spanId) === undefined;
  exemplars.push(known ? { ...draft, value } : { ...draft, value, traceId: '', spanId: '' });
}
