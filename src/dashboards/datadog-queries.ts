import { METRIC, TAGS } from './datadog-selection.js';

/** Terms of a scope, all of which hold; `!` before one that must not. Commas, as `$variables` stand among them. */
export type Scope = readonly string[];

/**
 * Operations that the release assigned, seen to their end, with one variant. Our words for several variants and for too
 * many, `__mixed__` and `__overflow__`, lose underscores in Datadog, but for the first.
 */
export const COMPARED: Scope = [
  `${TAGS.assignment}:assigned`,
  `!${TAGS.outcome}:aborted`,
  `!${TAGS.variant}:_*`,
];

/** How many operations. */
export function requests(scope: Scope, by: readonly string[] = []): string {
  return `count:${METRIC}${from(scope, by)}.as_count()`;
}

/** How many failed: those with an `error.type`. */
export function errors(scope: Scope, by: readonly string[] = []): string {
  return requests([...scope, `${TAGS.errorType}:*`], by);
}

/** How many took longer than so many seconds; it takes percentiles switched on for the metric. */
export function slow(seconds: number, scope: Scope, by: readonly string[] = []): string {
  return `count(v: v>${decimal(seconds)}):${METRIC}${from(scope, by)}.as_count()`;
}

/** A percentile of their durations, in seconds; it takes percentiles switched on for the metric. */
export function percentile(p: number, scope: Scope, by: readonly string[] = []): string {
  return `p${p}:${METRIC}${from(scope, by)}`;
}

function from(scope: Scope, by: readonly string[]): string {
  return `{${scope.join(',')}}${by.length === 0 ? '' : ` by {${by.join(',')}}`}`;
}

/** Without an exponent, which queries do not take. */
function decimal(seconds: number): string {
  return seconds.toFixed(9).replace(/\.?0+$/, '');
}
