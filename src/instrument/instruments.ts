import {
  type Attributes,
  type Meter,
  type MeterProvider,
  metrics,
  type ObservableCallback,
} from '@opentelemetry/api';
import { type DropReason, dropCounts } from '../core/drops.js';
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

/**
 * What of the process's sums is for which MeterProvider: a new one starts its sums anew, so that what another
 * has exported must not be in them, and what nobody has exported yet must. It goes by who collects: a no-op never
 * does, nor does a provider without a reader, and neither takes anything.
 */
class Shares<Key> {
  #owner: MeterProvider | undefined;
  /** What others had exported when the owner first collected. */
  #base: ReadonlyMap<Key, number> = new Map();
  readonly #exported: Map<Key, number> = new Map();

  /** To be called as `owner` collects. */
  begin(owner: MeterProvider): void {
    if (this.#owner === owner) return;
    this.#owner = owner;
    this.#base = new Map(this.#exported);
  }

  /** Gives the owner's part of `count`, and takes all of it as exported. */
  take(key: Key, count: number): number {
    this.#exported.set(key, count);
    return count - (this.#base.get(key) ?? 0);
  }
}

/** By attributes, whose object is the same at every call. */
const evaluationShares: Shares<Attributes> = new Shares();
const dropShares: Shares<DropReason> = new Shares();

let provider: MeterProvider | undefined;
let durations: OperationDurations | undefined;
let detach: () => void = () => {};

/**
 * Makes the instruments on the global MeterProvider, again whenever that is another one: the metrics API has no
 * proxy, so an instrument made before the provider is set would stay a no-op. Cheap when nothing changed; what
 * was counted before and not yet exported reaches the new provider through the observable counters.
 */
export function attachInstruments(): OperationDurations {
  const current = metrics.getMeterProvider();
  if (durations !== undefined && provider === current) return durations;
  detach();
  forgetView();
  const meter = current.getMeter(SCOPE_NAME, VERSION);
  durations = createDurations(meter);
  detach = observeSums(meter, current);
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

function observeSums(meter: Meter, owner: MeterProvider): () => void {
  const evaluations = meter.createObservableCounter(METRIC_FEATURE_FLAG_EVALUATIONS, {
    description: 'Feature flag evaluations.',
    unit: '{evaluation}',
  });
  const dropped = meter.createObservableCounter(METRIC_TELLTALE_DROPPED, {
    description: 'What Telltale left out, and why.',
    unit: '{item}',
  });
  const observeEvaluations: ObservableCallback = (result) => {
    evaluationShares.begin(owner);
    eachEvaluationCount((count, attributes) => {
      const share = evaluationShares.take(attributes, count);
      if (share > 0) result.observe(share, attributes);
    });
  };
  const observeDropped: ObservableCallback = (result) => {
    dropShares.begin(owner);
    for (const [reason, count] of dropCounts()) {
      const share = dropShares.take(reason, count);
      if (share > 0) result.observe(share, { [ATTR_TELLTALE_DROP_REASON]: reason });
    }
  };
  evaluations.addCallback(observeEvaluations);
  dropped.addCallback(observeDropped);
  return () => {
    evaluations.removeCallback(observeEvaluations);
    dropped.removeCallback(observeDropped);
  };
}
