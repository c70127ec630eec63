import type { AggregationType, ViewOptions } from '@opentelemetry/sdk-metrics';
import { VIEW_CARDINALITY_LIMIT } from '../core/limits.js';
import { METRIC_TELLTALE_OPERATION_DURATION } from '../core/semconv.js';
import { SCOPE_NAME } from '../core/version.js';
import { viewMarker } from './view-seen.js';

// The enum's value, so that asking for the views loads no SDK; a test compares it with the real one.
const EXPONENTIAL_HISTOGRAM: AggregationType.EXPONENTIAL_HISTOGRAM = 5;

/** Buckets of one exponential histogram, the specification's default. */
const MAX_BUCKETS = 160;

/**
 * The View to pass to the SDK's `views`: it makes `telltale.operation.duration` an exponential histogram of at
 * most 160 buckets, and gives it room for 20,000 attribute sets instead of 2,000. Pass it once; two Views that
 * match one instrument count everything twice.
 *
 * @example
 * ```ts
 * import { NodeSDK } from '@opentelemetry/sdk-node';
 * import { telltaleViews } from 'telltale/node';
 *
 * new NodeSDK({ views: telltaleViews() }).start();
 * ```
 */
export function telltaleViews(): ViewOptions[] {
  return [
    {
      instrumentName: METRIC_TELLTALE_OPERATION_DURATION,
      meterName: SCOPE_NAME,
      aggregation: { type: EXPONENTIAL_HISTOGRAM, options: { maxSize: MAX_BUCKETS, recordMinMax: true } },
      aggregationCardinalityLimit: VIEW_CARDINALITY_LIMIT,
      attributesProcessors: [viewMarker],
    },
  ];
}
