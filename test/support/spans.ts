import type { LogRecord, Resource, Scope, Span, SpanEvent } from '../../src/otlp/model.js';
import { attributes, resource } from './points.js';

const SCOPE: Scope = {
  name: 'http',
  version: '',
  attributes: attributes({}),
  schemaUrl: '',
  droppedAttributesCount: 0,
};

/** OTLP's span kinds. */
export const KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

export interface SpanOf {
  readonly trace: number;
  readonly span?: number;
  readonly parent?: number;
  readonly kind?: number;
  /** When it ended, Unix seconds; to the millisecond. */
  readonly end: number;
  /** Seconds. */
  readonly took?: number;
  readonly failed?: boolean;
  readonly name?: string;
  readonly traceState?: string;
  readonly service?: string;
  readonly resource?: Resource;
  readonly attributes?: Record<string, string>;
  readonly events?: readonly SpanEvent[];
}

const id = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
const nanos = (seconds: number): bigint => BigInt(Math.round(seconds * 1e6)) * 1000n;

/** A SERVER span without a parent, unless told otherwise. */
export function spanOf(given: SpanOf): Span {
  const { trace, span = trace, parent, kind = KIND.server, end, took = 0.03 } = given;
  return {
    resource:
      given.resource ?? resource(given.service === undefined ? {} : { 'service.name': given.service }),
    scope: SCOPE,
    traceId: id(trace, 32),
    spanId: id(span, 16),
    parentSpanId: parent === undefined ? '' : id(parent, 16),
    traceState: given.traceState ?? '',
    name: given.name ?? 'GET /checkout',
    kind,
    startTimeUnixNano: nanos(end) - nanos(took),
    endTimeUnixNano: nanos(end),
    attributes: attributes(given.attributes ?? {}),
    statusCode: given.failed === true ? 2 : 0,
    statusMessage: '',
    events: given.events ?? [],
    links: [],
    flags: 1,
  };
}

export function eventOf(name: string, at: number, values: Record<string, string>): SpanEvent {
  return { timeUnixNano: nanos(at), name, attributes: attributes(values) };
}

/** A record of an evaluation in a trace, as OpenFeature's EventHook writes it. */
export function evaluationOf(
  trace: number,
  at: number,
  values: Record<string, string>,
  service = 'shop',
): LogRecord {
  return {
    resource: resource({ 'service.name': service }),
    scope: SCOPE,
    timeUnixNano: nanos(at),
    observedTimeUnixNano: nanos(at),
    traceId: id(trace, 32),
    spanId: id(trace, 16),
    flags: 1,
    severityNumber: 0,
    severityText: '',
    body: '',
    eventName: 'feature_flag.evaluation',
    attributes: attributes(values),
  };
}
