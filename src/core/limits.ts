/** Characters of a flag key or variant; longer ones are refused (key) or folded into `__overflow__` (variant). */
export const MAX_NAME_LENGTH = 128;

/** Characters of `feature_flag.error.message`; the rest is cut. */
export const MAX_ERROR_MESSAGE_LENGTH = 256;

/** Flags written on one span. */
const MAX_SPAN_FLAGS = 64;

/** Flags told apart in metrics; the others are counted together under the key `__overflow__`. */
export const MAX_METRIC_FLAGS = 256;

/** Variants told apart for one flag; the others become `__overflow__`. */
export const MAX_VARIANTS_PER_FLAG = 16;

/** Variants of one flag remembered within one operation, so that each gets one log record. */
export const MAX_VARIANTS_PER_OPERATION = 16;

/**
 * Attribute sets of one instrument. OpenTelemetry's SDK keeps 2,000 by default and then folds the rest into one
 * set *without the variant*, so the library stops before it.
 */
export const MAX_ATTRIBUTE_SETS = 1_900;

/** Attribute sets of `telltale.operation.duration` while Telltale's View is installed. */
export const MAX_ATTRIBUTE_SETS_WITH_VIEW = 19_900;

/** The View's own limit; above {@link MAX_ATTRIBUTE_SETS_WITH_VIEW}, so that the SDK never folds. */
export const VIEW_CARDINALITY_LIMIT = 20_000;

/** Share of the attribute sets after which new routes are folded, so that new variants still find room. */
export const ROUTE_SHARE = 0.75;

interface WithSpanLimits {
  readonly _spanLimits?: { readonly attributeCountLimit?: unknown };
}

/**
 * How many flags may stand on `span`: {@link MAX_SPAN_FLAGS}, or half of the span's own attribute limit where
 * that is less. A span over its limit drops what comes last, which is the route, the status and `error.type`.
 */
export function spanFlagLimit(span: object): number {
  // Not in the API: the SDK's spans carry their limits in this field, and other implementations carry none.
  const limit = (span as WithSpanLimits)._spanLimits?.attributeCountLimit;
  if (typeof limit !== 'number' || !(limit >= 0)) return MAX_SPAN_FLAGS;
  return Math.min(MAX_SPAN_FLAGS, Math.floor(limit / 2));
}
