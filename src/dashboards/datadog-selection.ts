import { OPERATION_DURATION, tagValue } from '../sources/datadog-query.js';

/** Where operations are counted from, and its tags. */
export const METRIC: string = OPERATION_DURATION.metric;
export const TAGS: typeof OPERATION_DURATION.tags = OPERATION_DURATION.tags;

/** What a dashboard begins with, and what monitors and trace queries are about. */
export interface DatadogSelection {
  /** The flag's key as the application has it; absent: chosen on the dashboard. */
  readonly flag?: string;
  readonly control: string;
  /** Absent: every variant but the control, together. */
  readonly treatment?: string;
  readonly service?: string;
  readonly environment?: string;
  /** Slower than this is slow, in seconds; an edge of the histogram's buckets. */
  readonly slowSeconds: number;
}

/** Where nobody names another. */
export const STANDARD_CONTROL = 'off';
/** An edge of the histogram's buckets. */
export const STANDARD_SLOW_SECONDS = 0.25;

/** A selection of one flag. */
export type FlagSelection = DatadogSelection & { readonly flag: string };

/** Names of the metric's tags that no comparison groups by. */
export const ROUTE_TAG = 'http.route';
export const OPERATION_TAG = 'telltale.operation.name';

/** One term of a scope, `key:value`, with the value as Datadog keeps it. */
export function tag(key: string, value: string): string {
  return `${key}:${tagValue(value)}`;
}

/**
 * The attribute of a flag's spans as a term of Datadog's search, with all but letters, digits and `_-./` escaped: in a
 * query such characters have a meaning.
 */
export function spanAttribute(flag: string): string {
  return `@feature_flags.${escapeSearch(flag)}`;
}

/** A text as a value of Datadog's search. */
export function escapeSearch(text: string): string {
  return text.replace(/[^\p{L}\p{N}_\-./]/gu, '\\$&');
}
