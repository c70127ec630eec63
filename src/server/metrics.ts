/** What is measured, in OpenTelemetry's terms: exported as it is by OTLP, and as text for Prometheus. */
export type Metric = SumMetric | HistogramMetric;

interface MetricBase {
  /** Such as `telltale.otlp.requests`. */
  readonly name: string;
  readonly description: string;
  /** UCUM: `s`, `By`, or what is counted, such as `{request}`. */
  readonly unit: string;
}

export interface SumMetric extends MetricBase {
  /** `counter`: since the start, only growing; `gauge`: now. */
  readonly type: 'counter' | 'gauge';
  readonly points: readonly Point[];
}

export interface Point {
  readonly attributes: Attributes;
  readonly value: number;
}

export interface HistogramMetric extends MetricBase {
  readonly type: 'histogram';
  readonly bounds: readonly number[];
  /** One more than the bounds; not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export type Attributes = Readonly<Record<string, string>>;

/** Reads metrics at the moment it is asked. */
export type Measure = () => Metric[] | Promise<Metric[]>;

/** A sum by attributes. Attributes come from us, so that there are few: nothing bounds how many. */
export interface Counter {
  add(attributes: Attributes, count?: number): void;
  metric(): SumMetric;
}

export function createCounter(base: MetricBase): Counter {
  const points = new Map<string, { attributes: Attributes; value: number }>();
  return {
    add(attributes, count = 1) {
      const key = JSON.stringify(attributes);
      const point = points.get(key) ?? { attributes, value: 0 };
      point.value += count;
      points.set(key, point);
    },
    metric: () => ({ ...base, type: 'counter', points: [...points.values()] }),
  };
}

export function gauge(base: MetricBase, value: number, attributes: Attributes = {}): SumMetric {
  return { ...base, type: 'gauge', points: [{ attributes, value }] };
}
