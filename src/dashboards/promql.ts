import { type Against, isQuantile, type Measure, QUANTILES } from './measures.js';
import { placeholder } from './placeholder.js';
import { type Added, added, addedBuckets, VARIANT } from './promql-added.js';

/** How durations are kept: with explicit buckets, or as native histograms. */
export type HistogramKind = 'classic' | 'native';

/** What the dashboard's variables choose. */
export const CHOSEN: readonly string[] = [
  'feature_flag_key="$flag"',
  'job=~"$service"',
  'http_route=~"$route"',
];

/** Processes that say that they run elsewhere; those that say nothing of it count everywhere. */
const ELSEWHERE = 'target_info{deployment_environment_name!~"$environment"}';

const CONTROL = `${VARIANT}="$control"`;
const OTHERS = `${VARIANT}!="$control"`;

/** A measure of every variant, or of those but the control against it. */
export function measured(
  kind: HistogramKind,
  measure: Measure,
  by: readonly string[],
  shape: 'graph' | 'table',
  against?: Against,
): string {
  const isGraph = shape === 'graph';
  const here = { window: isGraph ? '$__rate_interval' : '$__range', elsewhere: ELSEWHERE, isGraph };
  if (against === undefined) return valued(kind, measure, { ...here, matchers: CHOSEN, by });
  const others = valued(kind, measure, { ...here, matchers: [...CHOSEN, OTHERS], by });
  const rest = by.filter((label) => label !== VARIANT);
  const control = valued(kind, measure, { ...here, matchers: [...CHOSEN, CONTROL], by: rest });
  // Nothing is a multiple of nothing: a ratio to a control without failures is left out.
  return against === 'difference'
    ? `(${others}) - on (${rest.join(', ')}) group_left () (${control})`
    : `(${others}) / on (${rest.join(', ')}) group_left () ((${control}) > 0)`;
}

/** Of the operations that are chosen by `of`. */
export function valued(kind: HistogramKind, measure: Measure, of: Added): string {
  if (isQuantile(measure)) return quantile(kind, QUANTILES[measure], of);
  const requests = requestsOf(kind, of);
  if (measure === 'requests') return requests;
  if (measure === 'share') return `${requests} / on () group_left () ${requestsOf(kind, { ...of, by: [] })}`;
  if (measure === 'slowShare') return slowShare(kind, placeholder('slow'), of);
  const failed = requestsOf(kind, { ...of, matchers: [...of.matchers, 'error_type!=""'] });
  const errors = `(${failed} or ${requests} * 0)`;
  return measure === 'errors' ? errors : `${errors} / ${requests}`;
}

function requestsOf(kind: HistogramKind, of: Added): string {
  return kind === 'native' ? `histogram_count(${added('', of)})` : added('_count', of);
}

function quantile(kind: HistogramKind, q: number, of: Added): string {
  return kind === 'native'
    ? `histogram_quantile(${q}, ${added('', of)})`
    : `histogram_quantile(${q}, ${addedBuckets(of)})`;
}

/** Of an edge; where it is none of the histogram's, of classic ones nothing is known, of native ones about as much. */
export function slowShare(kind: HistogramKind, edge: string, of: Added): string {
  if (kind === 'native') return `histogram_fraction(${edge}, +Inf, ${added('', of)})`;
  // Whole seconds are written 1 or 1.0.
  const fast = added('_bucket', { ...of, matchers: [...of.matchers, `le=~"${edge}([.]0)?"`] });
  return `1 - ${fast} / ${requestsOf(kind, of)}`;
}
