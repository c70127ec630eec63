import {
  type Attributes,
  type Meter,
  type MeterProvider,
  metrics,
  type ObservableCallback,
} from '@opentelemetry/api';
import { type DropReason, dropCounts } from '../core/drops.js';
import { startPropagation } from '../core/propagation-slot.js';
import {
  ATTR_TELLTALE_DROP_REASON,
  METRIC_FEATURE_FLAG_EVALUATIONS,
  METRIC_TELLTALE_DROPPED,
  METRIC_TELLTALE_OPERATION_DURATION,
  METRIC_TELLTALE_UNIT_ERRORS,
  METRIC_TELLTALE_UNIT_EXPOSED,
  METRIC_TELLTALE_UNIT_OPERATIONS,
  METRIC_TELLTALE_UNIT_SLOW,
} from '../core/semconv.js';
import { settings } from '../core/settings.js';
import { SCOPE_NAME, VERSION } from '../core/version.js';
import { eachEvaluationCount } from './evaluation-counts.js';
import { OperationDurations } from './operation-durations.js';
import { eachUnitCount, type UnitCounter } from './unit-counts.js';
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
 * What of the process's sums is for which MeterProvider: every count is given to one of them, the one that first
 * collects after it, and stays in that one's sum, also where another was global in between. All readers of one
 * provider see the same sums. A no-op never collects, nor does a provider without a reader, and neither takes any.
 */
class Shares<Key> {
  /** What of each sum was given to any provider. */
  readonly #given: Map<Key, number> = new Map();
  readonly #byOwner: WeakMap<MeterProvider, Map<Key, number>> = new WeakMap();

  /** The sum of `owner`, which is collecting; what nobody was given of `count` yet becomes part of it. */
  take(owner: MeterProvider, key: Key, count: number): number {
    const sums = this.#sumsOf(owner);
    const sum = (sums.get(key) ?? 0) + count - (this.#given.get(key) ?? 0);
    this.#given.set(key, count);
    sums.set(key, sum);
    return sum;
  }

  #sumsOf(owner: MeterProvider): Map<Key, number> {
    let sums = this.#byOwner.get(owner);
    if (sums === undefined) {
      sums = new Map();
      this.#byOwner.set(owner, sums);
    }
    return sums;
  }
}

/** Sums kept in this process and read as the SDK collects. */
interface Sums {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** Every sum; for one sum always with the same attributes object. */
  each(observe: (count: number, attributes: Attributes) => void): void;
  readonly shares: Shares<Attributes>;
  /** A sum at 0 is written too. */
  readonly withZero?: true;
}

const SUMS: readonly Sums[] = [
  {
    name: METRIC_FEATURE_FLAG_EVALUATIONS,
    unit: '{evaluation}',
    description: 'Flag evaluations.',
    each: eachEvaluationCount,
    shares: new Shares(),
  },
  {
    name: METRIC_TELLTALE_DROPPED,
    unit: '{item}',
    description: 'What was left out, and why.',
    each: eachDropCount,
    shares: new Shares(),
  },
  unitSums(METRIC_TELLTALE_UNIT_OPERATIONS, 'operations', 'Operations, at most 3 an hour for each unit.'),
  unitSums(METRIC_TELLTALE_UNIT_ERRORS, 'errors', 'Those that failed.'),
  {
    ...unitSums(METRIC_TELLTALE_UNIT_SLOW, 'slow', 'Those above the threshold.'),
    withZero: true,
  },
  unitSums(METRIC_TELLTALE_UNIT_EXPOSED, 'exposed', 'Units, by first operation of the day.'),
];

function unitSums(name: string, counter: UnitCounter, description: string): Sums {
  return {
    name,
    unit: counter === 'exposed' ? '{unit}' : '{operation}',
    description,
    each: (observe) => eachUnitCount(counter, observe),
    shares: new Shares(),
  };
}

function eachDropCount(observe: (count: number, attributes: Attributes) => void): void {
  for (const [reason, count] of dropCounts()) observe(count, dropAttributes(reason));
}

const dropped = new Map<DropReason, Attributes>();

function dropAttributes(reason: DropReason): Attributes {
  let attributes = dropped.get(reason);
  if (attributes === undefined) {
    attributes = { [ATTR_TELLTALE_DROP_REASON]: reason };
    dropped.set(reason, attributes);
  }
  return attributes;
}

let provider: MeterProvider | undefined;
let durations: OperationDurations | undefined;
let detach: () => void = () => {};

// One that is global again still holds its attribute sets, and they count against its limit.
const durationsOf = new WeakMap<MeterProvider, OperationDurations>();

/**
 * Makes the instruments on the global MeterProvider, again whenever that is another one: the metrics API has no
 * proxy, so an instrument made before the provider is set would stay a no-op. Cheap when nothing changed; what
 * was counted before and not yet exported reaches the new provider through the observable counters.
 */
export function attachInstruments(): OperationDurations {
  const current = metrics.getMeterProvider();
  if (durations !== undefined && provider === current) return durations;
  // Every operation comes by here before it can send a request.
  startPropagation(settings().baggage.flags);
  detach();
  forgetView();
  const meter = current.getMeter(SCOPE_NAME, VERSION);
  durations = durationsOf.get(current) ?? createDurations(meter);
  durationsOf.set(current, durations);
  detach = observeSums(meter, current);
  provider = current;
  return durations;
}

function createDurations(meter: Meter): OperationDurations {
  const histogram = meter.createHistogram(METRIC_TELLTALE_OPERATION_DURATION, {
    description: 'Duration of an operation, once for each flag evaluated in it.',
    unit: 's',
    advice: { explicitBucketBoundaries: [...DURATION_EDGES_SECONDS] },
  });
  return new OperationDurations(histogram, isViewSeen);
}

function observeSums(meter: Meter, owner: MeterProvider): () => void {
  const detachers = SUMS.map(({ name, unit, description, each, shares, withZero }) => {
    const counter = meter.createObservableCounter(name, { unit, description });
    const observe: ObservableCallback = (result) => {
      each((count, attributes) => {
        const share = shares.take(owner, attributes, count);
        if (share > 0 || withZero === true) result.observe(share, attributes);
      });
    };
    counter.addCallback(observe);
    return () => counter.removeCallback(observe);
  });
  return () => {
    for (const one of detachers) one();
  };
}
