import type { PrometheusClient } from './prometheus-client.js';
import { LOOK_BACK_SECONDS } from './prometheus-readings.js';
import type { Window } from './source.js';

/**
 * How the store writes OpenTelemetry's names: Prometheus' OTLP receiver has four translation strategies, with
 * underscores for dots or not, with units and `_total` behind the name or not. A collector's exporters have the same,
 * and so do the stores beside it.
 */
export interface Naming {
  /** Whether names lose their dots, and all else that is no letter or digit. */
  readonly escapes: boolean;
  /** The name of a label that OpenTelemetry calls so. */
  label(attribute: string): string;
}

/** One metric as the store has it. */
export interface StoredMetric {
  /** Without the `_bucket` and `_count` of a classic histogram. */
  readonly name: string;
  readonly naming: Naming;
  readonly form: 'native' | 'classic' | 'counter';
  /** What a second is in its unit; undefined where it is no duration, or the name does not say. */
  readonly second: number | undefined;
}

/** What of the metrics that are read a store has. */
export interface StoredMetrics {
  /** How names may be written. */
  readonly namings: readonly Naming[];
  /** The forms that it has of a metric. */
  of(metric: MetricName): readonly StoredMetric[];
}

export type UnitCounter = 'operations' | 'errors' | 'slow' | 'exposed';

/** Metrics that are read, as OpenTelemetry calls them. */
export type MetricName =
  | `telltale.unit.${UnitCounter}`
  | 'telltale.operation.duration'
  | 'http.server.request.duration'
  | 'traces.span.metrics.duration'
  | 'traces.span.metrics.calls';

/** What a name may end in, and what a second then is. */
type Endings = Readonly<Record<string, number | undefined>>;

const COUNTED: Endings = { '': undefined, _total: undefined };
/** Their conventions have one unit, so that a name without it leaves no doubt. */
const SECONDS: Endings = { '': 1, _seconds: 1 };

const ENDINGS: Readonly<Record<MetricName, Endings>> = {
  'telltale.operation.duration': SECONDS,
  'telltale.unit.operations': COUNTED,
  'telltale.unit.errors': COUNTED,
  'telltale.unit.slow': COUNTED,
  'telltale.unit.exposed': COUNTED,
  'http.server.request.duration': SECONDS,
  // A connector's unit is milliseconds unless it is told otherwise.
  'traces.span.metrics.duration': { '': undefined, _seconds: 1, _milliseconds: 1000 },
  'traces.span.metrics.calls': COUNTED,
};

/** Labels keep underscores that stand side by side, unless the store is told otherwise. */
const UNDERSCORES: Naming = {
  escapes: true,
  label: (attribute) => attribute.replace(/[^a-zA-Z0-9_]/gu, '_'),
};
const AS_IT_IS: Naming = { escapes: false, label: (attribute) => attribute };

/** A regular expression of the names of all metrics that are read. */
export const METRIC_NAMES: string = `(${Object.keys(ENDINGS).join('|').replaceAll('.', '[._]')}).*`;

/** Asks which names there are: none of them is assumed, and a store may have several after a change of its settings. */
export async function readMetrics(client: PrometheusClient, window: Window): Promise<StoredMetrics> {
  const read = [{ label: '__name__', is: '=~', value: METRIC_NAMES }] as const;
  const names = new Set(await client.values('__name__', read, window.from - LOOK_BACK_SECONDS, window.to));
  const dotted = [...names].some((name) => name.includes('.'));
  return {
    // Older stores have no dots, and do not understand questions with them.
    namings: dotted ? [UNDERSCORES, AS_IT_IS] : [UNDERSCORES],
    of: (metric) =>
      [UNDERSCORES, AS_IT_IS].flatMap((naming) =>
        Object.entries(ENDINGS[metric]).flatMap(([ending, second]) => {
          const stored = { name: `${naming.label(metric)}${ending}`, naming, second };
          const forms = metric.endsWith('.duration')
            ? (['native', 'classic'] as const)
            : (['counter'] as const);
          return forms
            .map((form) => ({ ...stored, form }))
            .filter((one) => names.has(one.form === 'classic' ? `${one.name}_bucket` : one.name));
        }),
      ),
  };
}

/** The name of the series that hold a metric's count. */
export function countName({ name, form }: StoredMetric): string {
  return form === 'classic' ? `${name}_count` : name;
}
