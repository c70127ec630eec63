import { type Batch, createRejections } from '../batch.js';
import { type Draft, draftEvent, draftLink, draftSpan } from '../drafts.js';
import { spanIdOrNone, traceIdOrNone } from '../ids.js';
import type { Span, SpanEvent, SpanLink } from '../model.js';
import { finishBatch, spanProblem } from '../record-checks.js';
import { readAttributes } from './common.js';
import { readEnvelope } from './envelope.js';
import type { JsonMessage } from './message.js';

const NAMES = {
  request: 'ExportTraceServiceRequest',
  resources: 'resourceSpans',
  scopes: 'scopeSpans',
  records: 'spans',
} as const;

/**
 * Decodes an ExportTraceServiceRequest; the same rows as from protobuf.
 *
 * @throws OtlpDecodeError
 */
export function decodeTracesJson(body: Uint8Array): Batch<Span> {
  const rows: Span[] = [];
  const rejections = createRejections('spans');
  readEnvelope(body, NAMES, (from, resource, scope) => {
    const span = draftSpan(resource, scope);
    readSpan(from, span);
    const problem = spanProblem(span);
    if (problem === undefined) rows.push(span);
    else rejections.add(problem);
  });
  return finishBatch(rows, rejections);
}

function readSpan(from: JsonMessage, span: Draft<Span>): void {
  span.traceId = traceIdOrNone(from.id('traceId'));
  span.spanId = spanIdOrNone(from.id('spanId'));
  span.parentSpanId = spanIdOrNone(from.id('parentSpanId'));
  span.traceState = from.string('traceState');
  span.name = from.string('name');
  span.kind = from.int32('kind');
  span.startTimeUnixNano = from.uint64('startTimeUnixNano');
  span.endTimeUnixNano = from.uint64('endTimeUnixNano');
  span.attributes = readAttributes(from, 'attributes');
  span.events = from.messages('events').map(readEvent);
  span.links = from.messages('links').map(readLink);
  span.flags = from.uint32('flags');
  const status = from.message('status');
  if (status === undefined) return;
  span.statusCode = status.int32('code');
  span.statusMessage = status.string('message');
}

function readEvent(from: JsonMessage): SpanEvent {
  const event = draftEvent();
  event.timeUnixNano = from.uint64('timeUnixNano');
  event.name = from.string('name');
  event.attributes = readAttributes(from, 'attributes');
  return event;
}

function readLink(from: JsonMessage): SpanLink {
  const link = draftLink();
  link.traceId = traceIdOrNone(from.id('traceId'));
  link.spanId = spanIdOrNone(from.id('spanId'));
  link.traceState = from.string('traceState');
  link.attributes = readAttributes(from, 'attributes');
  return link;
}
