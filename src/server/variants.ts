import { isCompared, isVariant } from '../sources/compared.js';
import type { Count, VariantLatency, VariantUnits } from '../sources/source.js';
import { type Histogram, quantileFromHistogram } from '../stats/index.js';
import type { ComparisonParameters } from './parameters.js';
import { totalRequests } from './total-requests.js';

export interface VariantSummary {
  readonly variant: string;
  /** Compared operations: assigned by the release and seen to their end. */
  readonly requests: number;
  readonly errors: number;
  /** null without requests. Of sampled operations, of those that they stand for, as is `share`. */
  readonly errorRate: number | null;
  readonly latency: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  /** Share of the compared operations; with `allocation` beside the expected one. */
  readonly share: number | null;
  readonly expectedShare: number | null;
  /** So many units had it at least, of those whose operations are compared; null: none are counted. */
  readonly units: number | null;
  /** Operations that are counted but not compared, by why. */
  readonly excluded: {
    readonly default: number;
    readonly override: number;
    readonly error: number;
    readonly aborted: number;
  };
}

/** What was seen of each variant, in the order of their names. */
export function summariseVariants(
  counts: readonly Count[],
  latencies: readonly VariantLatency[],
  control: string,
  parameters: ComparisonParameters,
  distinct: readonly VariantUnits[],
): VariantSummary[] {
  const names = new Set(
    [control, ...counts.map((count) => count.variant), ...(parameters.allocation?.keys() ?? [])].filter(
      isVariant,
    ),
  );
  const compared = counts.filter(isCompared);
  const weighed = weightsKnown(compared) ? standsFor : seen;
  const all = weighed(compared).requests;
  return [...names].sort().map((variant) => {
    const own = compared.filter((count) => count.variant === variant);
    const requests = totalRequests(own);
    const stands = weighed(own);
    const histogram = latencies.find((latency) => latency.variant === variant)?.histogram;
    const left = counts.filter((count) => count.variant === variant && !isCompared(count));
    const aborted = left.filter((count) => count.outcome !== '');
    const by = (assignment: string): number =>
      totalRequests(left.filter((count) => count.outcome === '' && count.assignment === assignment));
    return {
      variant,
      requests,
      errors: seen(own).errors,
      errorRate: requests === 0 ? null : stands.errors / stands.requests,
      latency: percentiles(histogram),
      share: all === 0 ? null : stands.requests / all,
      expectedShare: parameters.allocation === undefined ? null : (parameters.allocation.get(variant) ?? 0),
      units: distinct.length === 0 ? null : unitsOf(variant, distinct),
      excluded: {
        default: by('default'),
        override: by('override'),
        error: by('error'),
        aborted: totalRequests(aborted),
      },
    };
  });
}

function unitsOf(variant: string, distinct: readonly VariantUnits[]): number {
  return distinct.find((entry) => entry.variant === variant)?.units ?? 0;
}

/** Of the durations of a variant; null where none is known. */
export function percentiles(histogram: Histogram | undefined): VariantSummary['latency'] {
  const quantile = (q: number): number | null =>
    histogram === undefined ? null : (quantileFromHistogram(histogram, q)?.value ?? null);
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}

interface Sums {
  readonly requests: number;
  readonly errors: number;
}

function seen(counts: readonly Sums[]): Sums {
  return counts.reduce(
    (sum, { requests, errors }) => ({ requests: sum.requests + requests, errors: sum.errors + errors }),
    { requests: 0, errors: 0 },
  );
}

/** Whether it is known of every operation how many it stands for: else weights would favour those of which it is. */
function weightsKnown(counts: readonly Count[]): boolean {
  return counts.every(({ standsFor: known }) => known !== null);
}

function standsFor(counts: readonly Count[]): Sums {
  return seen(counts.map((count) => count.standsFor ?? count));
}
