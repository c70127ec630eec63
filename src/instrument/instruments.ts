import { type Meter, type MeterProvider, metrics, type ObservableResult } from '@opentelemetry/api';
import { dropCounts } from '../core/drops.js';
import {
  ATTR_TELLTALE_DROP_REASON,
  METRIC_FEATURE_FLAG_EVALUATIONS,
  METRIC_TELLTALE_DROPPED,
  METRIC_TELLTALE_OPERATION_DURATION,
} from '../core/semconv.js';
import { SCOPE_NAME, VERSION } from '../core/version.js';
import { eachEvaluationCount } from './evaluation-counts.js';
import { OperationDurations } from './operation-durations.js';
import { forgetView, isViewSeen } from './view-seen.js';

/**
 * Bucket edges in seconds, used where no View makes the histogram exponential: 2^(k/4) from 1 ms to 64 s. These
 * are the edges of an exponential histogram at scale 2, so a threshold on one is exact in both forms, and
 * neighbours are 19 % apart, where OpenTelemetry's default edges cannot tell 298 from 447 ms.
 */
const DURATION_EDGES_SECONDS: readonly number[] = Array.from(
  { length: 65 },
  (_, index) => 2 ** ((index - 40) / 4),
);

let provider: MeterProvider | undefined;
let durations: OperationDurations | undefined;
let detach: () => void = () => {};

/**
 * Makes the instruments on the global MeterProvider, again whenever that is another one: the metrics API has no
 * proxy, so an instrument made before the provider is set would stay a no-op. Cheap when nothing changed; what
 * was counted before reaches the new provider through the observable counters.
 */
export function attachInstruments(): OperationDurations {
  const current = metrics.getMeterProvider();
  if (durations !== undefined && provider === current) return durations;
  detach();
  forgetView();
  const meter = current.getMeter(SCOPE_NAME, VERSION);
  durations = createDurations(meter);
  detach = observeSums(meter);
  provider = current;
  return durations;
}

function createDurations(meter: Meter): OperationDurations {
  const histogram = meter.createHistogram(METRIC_TELLTALE_OPERATION_DURATION, {
    description: 'Duration of an operation, recorded once for each flag evaluated in it.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...DURATION_EDGES_SECONDS] },
  });
  return new OperationDurations(histogram, isViewSeen);
}

function observeSums(meter: Meter): () => void {
  const evaluations = meter.createObservableCounter(METRIC_FEATURE_FLAG_EVALUATIONS, {
    description: 'Feature flag evaluations.',
    unit: '{evaluation}',
  });
  const dropped = meter.createObservableCounter(METRIC_TELLTALE_DROPPED, {
    description: 'What Telltale left out, and why.',
    unit: '{item}',
  });
  evaluations.addCallback(observeEvaluations);
  dropped.addCallback(observeDropped);
  return () => {
    evaluations.removeCallback(observeEvaluations);
    dropped.removeCallback(observeDropped);
  };
}

function observeEvaluations(result: ObservableResult): void {
  eachEvaluationCount((count, attributes) => result.observe(count, attributes));
}

function observeDropped(result: ObservableResult): void {
  for (const [reason, count] of dropCounts()) result.observe(count, { [ATTR_TELLTALE_DROP_REASON]: reason });
}
