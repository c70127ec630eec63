/**
 * Records while a decoder fills them. All fields stand from the start, with protobuf's defaults: an absent
 * field needs no code, and the objects keep one shape.
 */
import type {
  Attributes,
  Exemplar,
  ExponentialHistogramPoint,
  HistogramPoint,
  LogRecord,
  NumberPoint,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanLink,
  SummaryPoint,
} from './model.js';

/** Arrays too: decoders push into them. */
export type Draft<T> = {
  -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key];
};

/** `value` is a oneof on the wire, so it can be missing. */
export type NumberPointDraft = Omit<Draft<NumberPoint>, 'value'> & { value: number | undefined };
export type ExemplarDraft = Omit<Draft<Exemplar>, 'value'> & { value: number | undefined };

/** Shared by all records without attributes: most events and points of a large batch have none. */
export const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));

/** Returns the attributes to go on with. Of equal keys the last wins. */
export function withAttribute(attributes: Attributes, key: string, value: string): Attributes {
  const target: Attributes = attributes === NO_ATTRIBUTES ? Object.create(null) : attributes;
  target[key] = value;
  return target;
}

export function draftResource(): Draft<Resource> {
  return { attributes: NO_ATTRIBUTES, schemaUrl: '', droppedAttributesCount: 0 };
}

export function draftScope(): Draft<Scope> {
  return { name: '', version: '', attributes: NO_ATTRIBUTES, schemaUrl: '', droppedAttributesCount: 0 };
}

export function draftSpan(resource: Resource, scope: Scope): Draft<Span> {
  return {
    resource,
    scope,
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    name: '',
    kind: 0,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes: NO_ATTRIBUTES,
    statusCode: 0,
    statusMessage: '',
    events: [],
    links: [],
    flags: 0,
  };
}

export function draftEvent(): Draft<SpanEvent> {
  return { timeUnixNano: 0n, name: '', attributes: NO_ATTRIBUTES };
}

export function draftLink(): Draft<SpanLink> {
  return { traceId: '', spanId: '', traceState: '', attributes: NO_ATTRIBUTES };
}

export function draftLogRecord(resource: Resource, scope: Scope): Draft<LogRecord> {
  return {
    resource,
    scope,
    timeUnixNano: 0n,
    observedTimeUnixNano: 0n,
    traceId: '',
    spanId: '',
    flags: 0,
    severityNumber: 0,
    severityText: '',
    body: '',
    eventName: '',
    attributes: NO_ATTRIBUTES,
  };
}

export function draftExemplar(): ExemplarDraft {
  return { attributes: NO_ATTRIBUTES, timeUnixNano: 0n, value: undefined, traceId: '', spanId: '' };
}

export function draftNumberPoint(): NumberPointDraft {
  return { ...draftPoint(), value: undefined, exemplars: [] };
}

export function draftHistogramPoint(): Draft<HistogramPoint> {
  return { ...draftPoint(), ...draftTotals(), bucketCounts: [], explicitBounds: [], exemplars: [] };
}

export function draftExponentialPoint(): Draft<ExponentialHistogramPoint> {
  return {
    ...draftPoint(),
    ...draftTotals(),
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset: 0, bucketCounts: [] },
    negative: { offset: 0, bucketCounts: [] },
    exemplars: [],
  };
}

export function draftSummaryPoint(): Draft<SummaryPoint> {
  return { ...draftPoint(), count: 0, sum: 0, quantiles: [] };
}

function draftPoint(): Pick<
  Draft<NumberPoint>,
  'attributes' | 'startTimeUnixNano' | 'timeUnixNano' | 'flags'
> {
  return { attributes: NO_ATTRIBUTES, startTimeUnixNano: 0n, timeUnixNano: 0n, flags: 0 };
}

function draftTotals(): Pick<Draft<HistogramPoint>, 'count' | 'sum' | 'min' | 'max'> {
  return { count: 0, sum: undefined, min: undefined, max: undefined };
}
