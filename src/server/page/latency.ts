import type { Source, VariantLatency } from '../../sources/source.js';
import { edgesOf, occupied } from '../../stats/histogram.js';
import type { ChangeHistory } from '../change-history.js';
import { frameComparison } from '../frame.js';
import { readComparisonParameters } from '../parameters.js';
import { isoWindow } from '../release.js';
import { percentiles } from '../variants.js';
import type { LatencyDocument, VariantDistribution } from './documents.js';

/** What views of one flag over its comparison are asked of. */
export interface CompareParts {
  readonly source: Source;
  /** Undefined: changes are not kept. */
  readonly changes: ChangeHistory | undefined;
}

/**
 * The latency distribution of each variant, in the buckets that it was recorded in, and what the comparison calls slow.
 *
 * @param now Unix seconds
 * @throws BackendError as a comparison does
 */
export async function latencyDocument(
  { source, changes }: CompareParts,
  flag: string,
  query: URLSearchParams,
  now: number,
): Promise<LatencyDocument> {
  const parameters = readComparisonParameters(query, now);
  const { release, selection, threshold } = await frameComparison(source, flag, parameters, now, changes);
  const { window } = release;
  const latencies = await source.latencies(selection, window);
  return {
    window: isoWindow(window),
    slowThreshold: threshold.origin === 'not-yet' ? null : threshold.edge.edge,
    variants: latencies.map(distribution),
  };
}

function distribution({ variant, histogram, percentilesOnly }: VariantLatency): VariantDistribution {
  const buckets = [...occupied(histogram)].map(({ bucket, count }) => {
    const { low, high } = edgesOf(histogram, bucket);
    return { from: low, to: high, requests: count };
  });
  return {
    variant,
    requests: percentilesOnly === true ? null : buckets.reduce((sum, { requests }) => sum + requests, 0),
    ...percentiles(histogram),
    buckets: percentilesOnly === true ? [] : buckets,
  };
}
