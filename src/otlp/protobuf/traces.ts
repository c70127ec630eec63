import { type Batch, createRejections } from '../batch.js';
import { type Draft, draftEvent, draftLink, draftSpan } from '../drafts.js';
import { spanIdOrNone, traceIdOrNone } from '../ids.js';
import type { Span, SpanEvent, SpanLink } from '../model.js';
import { finishBatch, spanProblem } from '../record-checks.js';
import type { WireReader } from '../wire.js';
import { readAttributes } from './attributes.js';
import { readEnvelope } from './envelope.js';

/**
 * Decodes an ExportTraceServiceRequest. Left out on purpose, as the store has no column for them: the
 * dropped counts of spans, events and links, and the flags of links.
 *
 * @throws OtlpDecodeError
 */
export function decodeTraces(body: Uint8Array): Batch<Span> {
  const rows: Span[] = [];
  const rejections = createRejections('spans');
  readEnvelope(body, (reader, owner) => {
    const span = draftSpan(owner.resource, owner.scope);
    readSpan(reader, span);
    const problem = spanProblem(span);
    if (problem === undefined) rows.push(span);
    else rejections.add(problem);
  });
  return finishBatch(rows, rejections);
}

function readSpan(reader: WireReader, span: Draft<Span>): void {
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        span.traceId = traceIdOrNone(reader.hex());
        break;
      case 2:
        span.spanId = spanIdOrNone(reader.hex());
        break;
      case 3:
        span.traceState = reader.string();
        break;
      case 4:
        span.parentSpanId = spanIdOrNone(reader.hex());
        break;
      case 5:
        span.name = reader.string();
        break;
      case 6:
        span.kind = reader.int32();
        break;
      case 7:
        span.startTimeUnixNano = reader.fixed64();
        break;
      case 8:
        span.endTimeUnixNano = reader.fixed64();
        break;
      case 9:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 11:
        span.events.push(reader.message(readEvent, undefined));
        break;
      case 13:
        span.links.push(reader.message(readLink, undefined));
        break;
      case 15:
        reader.message(readStatus, span);
        break;
      case 16:
        span.flags = reader.fixed32();
        break;
      default:
        reader.skip();
    }
  }
  span.attributes = readAttributes(reader, notes);
}

function readEvent(reader: WireReader): SpanEvent {
  const event = draftEvent();
  const notes: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) event.timeUnixNano = reader.fixed64();
    else if (reader.field === 2) event.name = reader.string();
    else if (reader.field === 3) notes.push(reader.messageStart(), reader.position);
    else reader.skip();
  }
  event.attributes = readAttributes(reader, notes);
  return event;
}

function readLink(reader: WireReader): SpanLink {
  const link = draftLink();
  const notes: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) link.traceId = traceIdOrNone(reader.hex());
    else if (reader.field === 2) link.spanId = spanIdOrNone(reader.hex());
    else if (reader.field === 3) link.traceState = reader.string();
    else if (reader.field === 4) notes.push(reader.messageStart(), reader.position);
    else reader.skip();
  }
  link.attributes = readAttributes(reader, notes);
  return link;
}

function readStatus(reader: WireReader, span: Draft<Span>): void {
  while (reader.next()) {
    if (reader.field === 2) span.statusMessage = reader.string();
    else if (reader.field === 3) span.statusCode = reader.int32();
    else reader.skip();
  }
}
