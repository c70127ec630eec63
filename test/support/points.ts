import type {
  Attributes,
  ExponentialHistogramMetric,
  HistogramMetric,
  Resource,
  Scope,
  Temporality,
} from '../../src/otlp/model.js';

/** A prototype-less copy, as the decoders make them. */
export function attributes(values: Record<string, string>): Attributes {
  return Object.assign(Object.create(null) as Attributes, values);
}

export function resource(values: Record<string, string> = {}): Resource {
  return {
    attributes: attributes({ 'service.name': 'shop', 'service.instance.id': 'i1', ...values }),
    schemaUrl: '',
    droppedAttributesCount: 0,
  };
}

const SCOPE: Scope = {
  name: 'telltale',
  version: '',
  attributes: attributes({}),
  schemaUrl: '',
  droppedAttributesCount: 0,
};

export interface Stream {
  readonly flag: string;
  readonly variant: string;
  readonly assignment?: string;
  readonly outcome?: string;
  readonly errorType?: string;
  readonly route?: string;
  readonly resource?: Resource;
}

/** The attributes of one stream of `telltale.operation.duration`. */
export function streamAttributes(stream: Stream): Attributes {
  return attributes({
    'feature_flag.key': stream.flag,
    'feature_flag.result.variant': stream.variant,
    'telltale.assignment': stream.assignment ?? 'assigned',
    'http.route': stream.route ?? '/checkout',
    ...(stream.outcome === undefined ? {} : { 'telltale.outcome': stream.outcome }),
    ...(stream.errorType === undefined ? {} : { 'error.type': stream.errorType }),
  });
}

export interface Reading {
  /** Unix seconds. */
  readonly start: number;
  readonly time: number;
  readonly scale: number;
  /** Count by bucket index. */
  readonly buckets: ReadonlyMap<number, number>;
}

const nanos = (seconds: number): bigint => BigInt(Math.round(seconds * 1e3)) * 1_000_000n;

/** One point of the exponential `telltale.operation.duration`. */
export function exponentialPoint(
  stream: Stream,
  reading: Reading,
  temporality: Temporality,
): ExponentialHistogramMetric {
  const indices = [...reading.buckets.keys()].sort((a, b) => a - b);
  const offset = indices[0] ?? 0;
  const last = indices.at(-1) ?? -1;
  const bucketCounts = Array.from(
    { length: Math.max(0, last - offset + 1) },
    (_, i) => reading.buckets.get(offset + i) ?? 0,
  );
  return {
    type: 'exponentialHistogram',
    ...identity(stream),
    temporality,
    points: [
      {
        ...moment(stream, reading.start, reading.time),
        count: bucketCounts.reduce((sum, n) => sum + n, 0),
        sum: 0,
        min: undefined,
        max: undefined,
        scale: reading.scale,
        zeroCount: 0,
        zeroThreshold: 0,
        positive: { offset, bucketCounts },
        negative: { offset: 0, bucketCounts: [] },
        exemplars: [],
      },
    ],
  };
}

/** One point of the explicit `telltale.operation.duration`. */
export function explicitPoint(
  stream: Stream,
  reading: { start: number; time: number; bounds: readonly number[]; counts: readonly number[] },
  temporality: Temporality,
): HistogramMetric {
  return {
    type: 'histogram',
    ...identity(stream),
    temporality,
    points: [
      {
        ...moment(stream, reading.start, reading.time),
        count: reading.counts.reduce((sum, n) => sum + n, 0),
        sum: 0,
        min: undefined,
        max: undefined,
        bucketCounts: reading.counts,
        explicitBounds: reading.bounds,
        exemplars: [],
      },
    ],
  };
}

function identity(stream: Stream): {
  resource: Resource;
  scope: Scope;
  name: string;
  description: string;
  unit: string;
} {
  return {
    resource: stream.resource ?? resource(),
    scope: SCOPE,
    name: 'telltale.operation.duration',
    description: '',
    unit: 's',
  };
}

function moment(
  stream: Stream,
  start: number,
  time: number,
): {
  attributes: Attributes;
  startTimeUnixNano: bigint;
  timeUnixNano: bigint;
  flags: number;
} {
  return {
    attributes: streamAttributes(stream),
    startTimeUnixNano: nanos(start),
    timeUnixNano: nanos(time),
    flags: 0,
  };
}
