import type { LogRecord, Metric, Resource, Temporality } from '../../src/otlp/model.js';
import { attributes, resource } from './points.js';

const SCOPE = {
  name: 'telltale',
  version: '',
  attributes: attributes({}),
  schemaUrl: '',
  droppedAttributesCount: 0,
};

/** One stream of a `telltale.unit.*` counter. */
export interface UnitStream {
  readonly counter: 'operations' | 'errors' | 'slow' | 'exposed';
  readonly flag: string;
  readonly variant: string;
  readonly bucket: number;
  readonly assignment?: string;
  /** Seconds; of `slow` alone. */
  readonly threshold?: number;
  readonly resource?: Resource;
}

/** One reading of a counter; times are Unix seconds. */
export interface UnitReading {
  readonly start: number;
  readonly time: number;
  readonly value: number;
}

const nanos = (seconds: number): bigint => BigInt(Math.round(seconds * 1e3)) * 1_000_000n;

type SumMetric = Extract<Metric, { type: 'sum' }>;

/** One point of a `telltale.unit.*` counter. */
export function unitPoint(stream: UnitStream, reading: UnitReading, temporality: Temporality = 2): SumMetric {
  return {
    type: 'sum',
    resource: stream.resource ?? resource(),
    scope: SCOPE,
    name: `telltale.unit.${stream.counter}`,
    description: '',
    unit: '{operation}',
    temporality,
    isMonotonic: true,
    points: [
      {
        attributes: attributes({
          'feature_flag.key': stream.flag,
          'feature_flag.result.variant': stream.variant,
          'telltale.assignment': stream.assignment ?? 'assigned',
          'telltale.unit.bucket': String(stream.bucket),
          ...(stream.threshold === undefined ? {} : { 'telltale.threshold': String(stream.threshold) }),
        }),
        startTimeUnixNano: nanos(reading.start),
        timeUnixNano: nanos(reading.time),
        flags: 0,
        value: reading.value,
        exemplars: [],
      },
    ],
  };
}

/** The record of a failed operation, as an application with a salt writes it. */
export function failedRecord(
  flags: Readonly<Record<string, string>>,
  unit: string,
  time: number,
  of: Resource = resource(),
): LogRecord {
  return {
    resource: of,
    scope: SCOPE,
    timeUnixNano: nanos(time),
    observedTimeUnixNano: nanos(time),
    traceId: '',
    spanId: '',
    flags: 0,
    severityNumber: 17,
    severityText: 'ERROR',
    body: '',
    eventName: 'telltale.operation.failed',
    attributes: attributes({
      'error.type': '500',
      'telltale.unit.id': unit,
      ...Object.fromEntries(Object.entries(flags).map(([key, variant]) => [`feature_flags.${key}`, variant])),
    }),
  };
}

/** The record of one evaluation, as Telltale writes it where an application has a salt. */
export function evaluationRecord(
  flag: string,
  variant: string,
  time: number,
  over: {
    readonly unit?: string;
    readonly trace?: string;
    readonly scope?: string;
    readonly resource?: Resource;
    readonly attributes?: Readonly<Record<string, string>>;
  } = {},
): LogRecord {
  return {
    resource: over.resource ?? resource(),
    scope: { ...SCOPE, name: over.scope ?? SCOPE.name },
    timeUnixNano: nanos(time),
    observedTimeUnixNano: nanos(time),
    traceId: over.trace ?? '',
    spanId: '',
    flags: 0,
    severityNumber: 0,
    severityText: '',
    body: '',
    eventName: 'feature_flag.evaluation',
    attributes: attributes({
      'feature_flag.key': flag,
      'feature_flag.result.variant': variant,
      'feature_flag.result.reason': 'split',
      ...(over.unit === undefined ? {} : { 'feature_flag.context.id': over.unit }),
      ...over.attributes,
    }),
  };
}
