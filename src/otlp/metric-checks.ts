import { attributeProblem } from './attribute-limits.js';
import type { Rejections } from './batch.js';
import type { Draft, NumberPointDraft } from './drafts.js';
import { MAX_BUCKETS } from './limits.js';
import type {
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  Metric,
  MetricIdentity,
  NumberPoint,
  SummaryPoint,
  Temporality,
} from './model.js';

/** A metric as it came: points unchecked, temporality any number. */
export type MetricData =
  | { type: 'gauge'; points: NumberPointDraft[] }
  | { type: 'sum'; points: NumberPointDraft[]; temporality: number; isMonotonic: boolean }
  | { type: 'histogram'; points: Draft<HistogramPoint>[]; temporality: number }
  | { type: 'exponentialHistogram'; points: Draft<ExponentialHistogramPoint>[]; temporality: number }
  | { type: 'summary'; points: Draft<SummaryPoint>[] };

const NO_RECORDED_VALUE = 1;

/** The metric with its good points; undefined where none is left. Bad points are counted in `rejections`. */
export function acceptMetric(
  identity: MetricIdentity,
  data: MetricData,
  rejections: Rejections,
): Metric | undefined {
  switch (data.type) {
    case 'gauge': {
      const points = accepted(data.points, numberPoint, rejections);
      return points.length === 0 ? undefined : { ...identity, type: data.type, points };
    }
    case 'sum': {
      const { isMonotonic } = data;
      const temporality = temporalityOf(data, rejections);
      if (temporality === undefined) return undefined;
      const points = accepted(data.points, numberPoint, rejections);
      return points.length === 0
        ? undefined
        : { ...identity, type: data.type, temporality, isMonotonic, points };
    }
    case 'histogram': {
      const temporality = temporalityOf(data, rejections);
      if (temporality === undefined) return undefined;
      const points = accepted(data.points, histogramPoint, rejections);
      return points.length === 0 ? undefined : { ...identity, type: data.type, temporality, points };
    }
    case 'exponentialHistogram': {
      const temporality = temporalityOf(data, rejections);
      if (temporality === undefined) return undefined;
      const points = accepted(data.points, exponentialPoint, rejections);
      return points.length === 0 ? undefined : { ...identity, type: data.type, temporality, points };
    }
    case 'summary': {
      const points = accepted(data.points, summaryPoint, rejections);
      return points.length === 0 ? undefined : { ...identity, type: data.type, points };
    }
  }
}

/** `settle` returns the point, or why it is refused. */
function accepted<From extends { readonly attributes: NumberPoint['attributes'] }, Point extends object>(
  drafts: readonly From[],
  settle: (draft: From) => Point | string,
  rejections: Rejections,
): Point[] {
  const points: Point[] = [];
  for (const draft of drafts) {
    const settled = attributeProblem(draft.attributes) ?? settle(draft);
    if (typeof settled === 'string') rejections.add(settled);
    else points.push(settled);
  }
  return points;
}

function temporalityOf(
  data: { temporality: number; points: readonly unknown[] },
  rejections: Rejections,
): Temporality | undefined {
  const { temporality } = data;
  if (temporality === 0 || temporality === 1 || temporality === 2) return temporality;
  rejections.add('their aggregation temporality is neither delta (1) nor cumulative (2)', data.points.length);
  return undefined;
}

/** A point without value is only good as a staleness marker; 0 would be invented otherwise. */
function numberPoint(draft: NumberPointDraft): NumberPoint | string {
  const { value } = draft;
  if (value !== undefined) return { ...draft, value };
  if ((draft.flags & NO_RECORDED_VALUE) !== 0) return { ...draft, value: 0 };
  return 'they have neither a value nor the flag "no recorded value"';
}

function histogramPoint(point: HistogramPoint): HistogramPoint | string {
  const { bucketCounts, explicitBounds } = point;
  if (!Number.isSafeInteger(point.count)) return COUNT_TOO_LARGE;
  const problem = bucketProblem(bucketCounts);
  if (problem !== undefined) return problem;
  const wanted = bucketCounts.length === 0 ? 0 : bucketCounts.length - 1;
  if (explicitBounds.length !== wanted) {
    return `${bucketCounts.length} bucket counts need ${wanted} bounds, not ${explicitBounds.length}`;
  }
  // `!(a < b)` also refuses NaN.
  for (const [index, bound] of explicitBounds.entries()) {
    if (!((explicitBounds[index - 1] ?? Number.NEGATIVE_INFINITY) < bound))
      return 'their bounds do not rise strictly';
    if (bound === Number.POSITIVE_INFINITY) return 'a bound is infinite; the last bucket has none';
  }
  return bucketCounts.length > 0 && total(bucketCounts) !== point.count ? COUNTS_DISAGREE : point;
}

function exponentialPoint(point: ExponentialHistogramPoint): ExponentialHistogramPoint | string {
  if (!Number.isSafeInteger(point.count) || !Number.isSafeInteger(point.zeroCount)) return COUNT_TOO_LARGE;
  const { scale, positive, negative, zeroCount } = point;
  if (scale < SMALLEST_SCALE || scale > LARGEST_SCALE) {
    return `their scale is not from ${SMALLEST_SCALE} to ${LARGEST_SCALE}`;
  }
  const problem = exponentialProblem(positive, scale) ?? exponentialProblem(negative, scale);
  if (problem !== undefined) return problem;
  const counted = zeroCount + total(positive.bucketCounts) + total(negative.bucketCounts);
  return counted === point.count ? point : COUNTS_DISAGREE;
}

function exponentialProblem({ offset, bucketCounts }: ExponentialBuckets, scale: number): string | undefined {
  const problem = bucketProblem(bucketCounts);
  if (problem !== undefined || bucketCounts.length === 0) return problem;
  const end = 2 ** ((offset + bucketCounts.length) / 2 ** scale);
  return Number.isFinite(end) ? undefined : 'their last bucket ends beyond the largest double';
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function summaryPoint(point: SummaryPoint): SummaryPoint | string {
  return Number.isSafeInteger(point.count) ? point : COUNT_TOO_LARGE;
}

/** Scales of OTLP's data model: beyond 20 a bucket's index has no exact double, below -10 one bucket holds all. */
const SMALLEST_SCALE = -10;
const LARGEST_SCALE = 20;

const COUNTS_DISAGREE = 'their bucket counts do not add up to their count';
const COUNT_TOO_LARGE = 'a count is above 2^53 - 1';

function bucketProblem(bucketCounts: readonly number[]): string | undefined {
  if (bucketCounts.length > MAX_BUCKETS) return `they have more than ${MAX_BUCKETS} buckets`;
  return bucketCounts.every((count) => Number.isSafeInteger(count)) ? undefined : COUNT_TOO_LARGE;
}
