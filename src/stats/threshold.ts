import { StatisticsError, shown } from './errors.js';
import { type Histogram, isExponential } from './histogram.js';

/** An edge of the buckets that every exponential histogram of scale 2 or finer can count at. */
export interface ThresholdEdge {
  /** k of 2^(k/4). */
  readonly index: number;
  /** Seconds: 2^(k/4). */
  readonly edge: number;
}

const EDGES_PER_DOUBLING = 4;
/** How near a logarithm must be to a whole number to be one: far above rounding, far below a bucket. */
const TOLERANCE = 1e-6;

/** The largest edge 2^(k/4) seconds that is not above `seconds`; an edge is its own. */
export function snapThreshold(seconds: number): ThresholdEdge {
  if (!Number.isFinite(seconds) || seconds <= 0) {
    const message = `a slow threshold must be seconds above 0 (0.3 for 300 ms), not ${shown(seconds)}.`;
    throw new StatisticsError('bad-parameter', message);
  }
  const index = Math.floor(EDGES_PER_DOUBLING * Math.log2(seconds) + TOLERANCE);
  return { index, edge: 2 ** (index / EDGES_PER_DOUBLING) };
}

/**
 * The first bucket whose values are all above `seconds`. Throws where `seconds` is no edge: a bucket split by
 * interpolation would make the decision depend on a guess about the values inside it.
 */
export function bucketAbove(histogram: Histogram, seconds: number, cell: number): number {
  if (isExponential(histogram)) {
    const position = Math.log2(seconds) * 2 ** histogram.scale;
    const index = Math.round(position);
    if (Math.abs(position - index) <= TOLERANCE) return index;
    throw notAnEdge(seconds, `edges are 2^(i/2^${histogram.scale})`, cell);
  }
  const index = histogram.bounds.findIndex((bound) => Math.abs(bound - seconds) <= seconds * 1e-12);
  if (index < 0) throw notAnEdge(seconds, `edges are ${histogram.bounds.slice(0, 12).join(', ')}`, cell);
  return index + 1;
}

function notAnEdge(seconds: number, edges: string, cell: number): StatisticsError {
  const message =
    `slowThreshold must be an edge of the histogram, and ${seconds} s is none (${edges}). ` +
    'Choose an edge, or give the count `slow`.';
  return new StatisticsError('threshold-not-an-edge', message, cell);
}
