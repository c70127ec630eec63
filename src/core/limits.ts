/** Bounds of everything that Telltale keeps or writes; what is beyond is counted in `telltale.dropped`. */
export interface Limits {
  /** Characters of a flag key or variant; longer ones are refused (key) or folded into `__overflow__` (variant). */
  readonly nameLength: number;
  /** Flags on one span; half of the span's own attribute limit where that is less. */
  readonly spanFlags: number;
  /** Flags told apart in metrics; the others are counted together under the key `__overflow__`. */
  readonly metricFlags: number;
  /** Variants told apart for one flag; the others become `__overflow__`. */
  readonly variantsPerFlag: number;
  /**
   * Attribute sets of one instrument without Telltale's View. OpenTelemetry's SDK keeps 2,000 and then folds the
   * rest into one set *without the variant*, so the library stops before it.
   */
  readonly attributeSets: number;
  /** Attribute sets of one instrument with Telltale's View, which raises the SDK's limit above it. */
  readonly viewAttributeSets: number;
  /** Bytes of the baggage that is sent to a downstream service, and of what is read of an incoming one. */
  readonly baggageBytes: number;
}

/** One limit: its value unless configured, and what it may be set to. */
interface LimitRange {
  readonly standard: number;
  readonly min: number;
  readonly max: number;
}

/** All limits by name. A maximum keeps a configured process bounded too. */
export const LIMIT_RANGES: Readonly<Record<keyof Limits, LimitRange>> = {
  nameLength: { standard: 128, min: 1, max: 1_024 },
  spanFlags: { standard: 64, min: 0, max: 1_024 },
  metricFlags: { standard: 256, min: 1, max: 10_000 },
  variantsPerFlag: { standard: 16, min: 1, max: 1_000 },
  attributeSets: { standard: 1_900, min: 16, max: 1_000_000 },
  viewAttributeSets: { standard: 19_900, min: 16, max: 1_000_000 },
  baggageBytes: { standard: 4_096, min: 64, max: 8_192 },
};

/** Characters of `feature_flag.error.message` and `feature_flag.result.value`; the rest is cut. */
export const MAX_TEXT_LENGTH = 256;

/** Variants of one flag remembered within one operation, so that each gets one log record. */
export const MAX_VARIANTS_PER_OPERATION = 16;

/** Sets that the SDK's limit has to have above {@link Limits.viewAttributeSets}, so that it never folds. */
export const VIEW_HEADROOM = 100;

/** Share of the attribute sets after which new routes are folded, so that new variants still find room. */
export const ROUTE_SHARE = 0.75;

interface WithSpanLimits {
  readonly _spanLimits?: { readonly attributeCountLimit?: unknown };
}

/**
 * How many flags may stand on `span`: `limit`, or half of the span's own attribute limit where that is less. A
 * span over its limit drops what comes last, which is the route, the status and `error.type`.
 */
export function spanFlagLimit(span: object, limit: number): number {
  // Not in the API: the SDK's spans carry their limits in this field, and other implementations carry none.
  const own = (span as WithSpanLimits)._spanLimits?.attributeCountLimit;
  if (typeof own !== 'number' || !(own >= 0)) return limit;
  return Math.min(limit, Math.floor(own / 2));
}
