import type { AggregationType, IAttributesProcessor, ViewOptions } from '@opentelemetry/sdk-metrics';
import { VIEW_HEADROOM } from '../core/limits.js';
import { checkOptions, trueOrFalse } from '../core/options.js';
import {
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_TELLTALE_OPERATION_DURATION,
  METRIC_TELLTALE_UNIT_ALL,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { SCOPE_NAME } from '../core/version.js';
import { checkHttpFlags, createFlagAttributesProcessor } from './flag-attributes.js';
import { viewMarker } from './view-seen.js';

// The enum's value, so that asking for the views loads no SDK; a test compares it with the real one.
const EXPONENTIAL_HISTOGRAM: AggregationType.EXPONENTIAL_HISTOGRAM = 5;

/** Buckets of one exponential histogram, the specification's default. */
const MAX_BUCKETS = 160;

/** Options of {@link telltaleViews}. */
export interface TelltaleViewsOptions {
  /**
   * Keys of flags whose variant becomes an attribute `feature_flags.<key>` of `http.server.request.duration`. Each
   * multiplies that metric's series by its variants.
   *
   * @default none, and no View on that metric
   */
  readonly httpFlags?: readonly string[];
  /**
   * Whether `telltale.operation.duration` is an exponential histogram. Without, it has explicit buckets on edges
   * 19 % apart from 1 ms to 64 s, for backends that cannot read exponential ones.
   *
   * @default true
   */
  readonly exponential?: boolean;
}

/**
 * The Views to pass to the SDK's `views`: they make `telltale.operation.duration` an exponential histogram of at
 * most 160 buckets, give it and `telltale.unit.*` room for 20,000 attribute sets instead of 2,000, and where asked
 * split `http.server.request.duration` by flags. Pass them once; two Views that match one instrument count
 * everything twice.
 *
 * @throws TypeError where an option is unknown or wrong, or two flags would be one label to an exporter.
 *
 * @example
 * ```ts
 * import { NodeSDK } from '@opentelemetry/sdk-node';
 * import { telltaleViews } from 'telltale/node';
 *
 * new NodeSDK({ views: telltaleViews() }).start();
 * ```
 */
export function telltaleViews(options: TelltaleViewsOptions = {}): ViewOptions[] {
  checkOptions('telltaleViews', options, ['httpFlags', 'exponential']);
  const { httpFlags = [] } = options;
  checkHttpFlags('telltaleViews: option "httpFlags"', httpFlags);
  const exponential = trueOrFalse('telltaleViews: option "exponential"', options.exponential, true);
  const aggregationCardinalityLimit = settings().limits.viewAttributeSets + VIEW_HEADROOM;
  const own = { meterName: SCOPE_NAME, aggregationCardinalityLimit, attributesProcessors: [viewMarker] };
  const durations: ViewOptions = { instrumentName: METRIC_TELLTALE_OPERATION_DURATION, ...own };
  if (exponential) {
    const histogram = { maxSize: MAX_BUCKETS, recordMinMax: true };
    durations.aggregation = { type: EXPONENTIAL_HISTOGRAM, options: histogram };
  }
  const views = [durations, { instrumentName: METRIC_TELLTALE_UNIT_ALL, ...own }];
  if (httpFlags.length === 0) return views;
  const processor: IAttributesProcessor = createFlagAttributesProcessor(httpFlags);
  const attributesProcessors = [processor];
  const instrumentName = METRIC_HTTP_SERVER_REQUEST_DURATION;
  return [...views, { instrumentName, aggregationCardinalityLimit, attributesProcessors }];
}
