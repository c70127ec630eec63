import { isCompared, isVariant } from '../sources/compared.js';
import type { Count, VariantLatency } from '../sources/source.js';
import { quantileFromHistogram } from '../stats/index.js';
import { totalRequests } from './evidence.js';
import type { ComparisonParameters } from './parameters.js';

export interface VariantSummary {
  readonly variant: string;
  /** Compared operations: assigned by the release and seen to their end. */
  readonly requests: number;
  readonly errors: number;
  /** null without requests. */
  readonly errorRate: number | null;
  readonly latency: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null };
  /** Share of the compared operations; with `allocation` beside the expected one. */
  readonly share: number | null;
  readonly expectedShare: number | null;
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
): VariantSummary[] {
  const names = new Set(
    [control, ...counts.map((count) => count.variant), ...(parameters.allocation?.keys() ?? [])].filter(
      isVariant,
    ),
  );
  const compared = counts.filter(isCompared);
  const all = totalRequests(compared);
  return [...names].sort().map((variant) => {
    const own = compared.filter((count) => count.variant === variant);
    const requests = totalRequests(own);
    const errors = own.reduce((total, count) => total + count.errors, 0);
    const histogram = latencies.find((latency) => latency.variant === variant)?.histogram;
    const quantile = (q: number): number | null =>
      histogram === undefined ? null : (quantileFromHistogram(histogram, q)?.value ?? null);
    const left = counts.filter((count) => count.variant === variant && !isCompared(count));
    const aborted = left.filter((count) => count.outcome !== '');
    const by = (assignment: string): number =>
      totalRequests(left.filter((count) => count.outcome === '' && count.assignment === assignment));
    return {
      variant,
      requests,
      errors,
      errorRate: requests === 0 ? null : errors / requests,
      latency: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
      share: all === 0 ? null : requests / all,
      expectedShare: parameters.allocation === undefined ? null : (parameters.allocation.get(variant) ?? 0),
      excluded: {
        default: by('default'),
        override: by('override'),
        error: by('error'),
        aborted: totalRequests(aborted),
      },
    };
  });
}
