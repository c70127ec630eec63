import type { PrometheusClient } from './prometheus-client.js';
import { LOOK_BACK_SECONDS } from './prometheus-readings.js';
import type { Window } from './source.js';

/**
 * How the store writes OpenTelemetry's names: Prometheus' OTLP receiver has four translation strategies, with
 * underscores for dots or not, with units and `_total` behind the name or not. Stores beside it have the same.
 */
export interface Naming {
  /** The name of a label that OpenTelemetry calls so. */
  label(attribute: string): string;
}

/** One metric as the store has it. */
export interface StoredMetric {
  readonly name: string;
  readonly naming: Naming;
}

/** What of Telltale's metrics a store has. */
export interface StoredMetrics {
  /** How names may be written. */
  readonly namings: readonly Naming[];
  /** `telltale.operation.duration` as native histograms. */
  readonly native: readonly StoredMetric[];
  /** The same with explicit buckets; without `_bucket` and `_count`. */
  readonly classic: readonly StoredMetric[];
  /** `telltale.unit.<counter>`. */
  units(counter: UnitCounter): readonly StoredMetric[];
}

export type UnitCounter = 'operations' | 'errors' | 'slow' | 'exposed';

const UNDERSCORES: Naming = { label: (attribute) => attribute.replaceAll('.', '_') };
const AS_IT_IS: Naming = { label: (attribute) => attribute };

/** A regular expression of their names. */
export const TELLTALE_METRICS =
  'telltale[._](operation[._]duration|unit[._](operations|errors|slow|exposed)).*';

/** Asks which names there are: none of them is assumed, and a store may have several after a change of its settings. */
export async function readMetrics(client: PrometheusClient, window: Window): Promise<StoredMetrics> {
  const ours = [{ label: '__name__', is: '=~', value: TELLTALE_METRICS }] as const;
  const names = new Set(await client.values('__name__', ours, window.from - LOOK_BACK_SECONDS, window.to));
  const dotted = [...names].some((name) => name.includes('.'));
  const found = (metric: string, suffixes: readonly string[], part: string): StoredMetric[] =>
    [UNDERSCORES, AS_IT_IS].flatMap((naming) =>
      ['', ...suffixes]
        .map((suffix) => ({ naming, name: `${naming.label(metric)}${suffix}` }))
        .filter(({ name }) => names.has(`${name}${part}`)),
    );
  return {
    // Older stores have no dots, and do not understand questions with them.
    namings: dotted ? [UNDERSCORES, AS_IT_IS] : [UNDERSCORES],
    native: found('telltale.operation.duration', ['_seconds'], ''),
    classic: found('telltale.operation.duration', ['_seconds'], '_bucket'),
    units: (counter) => found(`telltale.unit.${counter}`, ['_total'], ''),
  };
}
