import { diag } from '@opentelemetry/api';

/** Why something was left out; the attribute `reason` of the counter `telltale.dropped`. */
export type DropReason =
  | 'attribute_sets'
  | 'baggage_bytes'
  | 'baggage_malformed'
  | 'event_stream'
  | 'export_size'
  | 'fault'
  | 'flag_variants'
  | 'key_length'
  | 'late_evaluation'
  | 'malformed_evaluation'
  | 'metric_flags'
  | 'routes'
  | 'span_flags'
  | 'unit_sets'
  | 'variant_length';

const counts = new Map<DropReason, number>();

/**
 * Counts one thing left out, and warns on the first one of its cause.
 *
 * @param explain Tells what was left out and what to do about it; called once per cause and process.
 */
export function countDrop(reason: DropReason, explain: () => string): void {
  const count = counts.get(reason);
  counts.set(reason, (count ?? 0) + 1);
  if (count === undefined) diag.warn(`telltale: ${explain()} Further ones are counted in telltale.dropped.`);
}

/** What was left out so far in this process, by cause. */
export function dropCounts(): ReadonlyMap<DropReason, number> {
  return counts;
}
