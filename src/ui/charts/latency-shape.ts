import type { LatencyDocument, VariantDistribution } from '../../server/page/documents.js';
import { duration, percent } from '../parts/format.js';
import { shortName } from './short-name.js';

/** `density`: per doubling of the duration, so that an area is a share of requests; else the share up to a duration. */
export type LatencyView = 'density' | 'cumulative';

type Bucket = VariantDistribution['buckets'][number];

/** The bucket that is open above, and the one from 0, are drawn as wide as a doubling. */
function boundsOf({ from, to }: Bucket): readonly [from: number, to: number] {
  const end = to ?? from * 2;
  return [from > 0 ? from : end / 2, end];
}

/** Corners of a line, durations as doublings (base 2 logarithms of seconds): level within each bucket, 0 where there is none. */
export function shapeOf(of: VariantDistribution, view: LatencyView): [number, number][] {
  const { buckets } = of;
  const requests = of.requests ?? 0;
  const corners: [number, number][] = [];
  let below = 0;
  let height = 0;
  let end: number | undefined;
  for (const bucket of buckets) {
    const [left, right] = boundsOf(bucket).map(Math.log2) as [number, number];
    below += bucket.requests;
    if (view === 'cumulative') {
      // What lies inside a bucket is not known: its requests are below its end, and no earlier.
      corners.push([end ?? left, height], [right, height]);
      height = below / requests;
      corners.push([right, height]);
    } else {
      if (end !== undefined && left - end > 1e-9) corners.push([end, 0]);
      if (end === undefined || left - end > 1e-9) corners.push([left, 0]);
      height = bucket.requests / requests / (right - left);
      corners.push([left, height], [right, height]);
    }
    end = right;
  }
  if (end !== undefined && view === 'density') corners.push([end, 0]);
  return corners;
}

/** What is seen of the axis, seconds: all buckets and the threshold. */
export function rangeOf({ variants, slowThreshold }: LatencyDocument): readonly [from: number, to: number] {
  const edges = variants.flatMap(({ buckets }) => buckets.flatMap(boundsOf));
  if (slowThreshold !== null) edges.push(slowThreshold * 0.9, slowThreshold * 1.1);
  if (edges.length === 0) return [0.001, 1];
  return [edges.reduce((a, b) => Math.min(a, b)), edges.reduce((a, b) => Math.max(a, b))];
}

/** 1, 2 and 5 times the powers of ten within; where those are many, the powers alone. */
export function ticksBetween(from: number, to: number): number[] {
  const ticks: number[] = [];
  const factors = Math.log10(to / from) > 4 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    ticks.push(...factors.map((factor) => Number(`${factor}e${power}`)));
  }
  return ticks.filter((tick) => tick >= from && tick <= to);
}

/** Lines of text for a duration. */
export function sayAt({ variants }: LatencyDocument, seconds: number): string[] {
  return variants.map(({ variant, requests, buckets }) => {
    if (requests === null) return `${shortName(variant)}  not known`;
    let below = 0;
    for (const bucket of buckets) {
      const [from, to] = boundsOf(bucket);
      if (seconds <= to) {
        const inside = seconds > from ? bucket.requests : 0;
        const words =
          inside === 0 ? 'none here' : `${percent(inside / requests)} within ${bucketText(bucket)}`;
        return `${shortName(variant)}  ${words}, ${percent(below / requests)} below`;
      }
      below += bucket.requests;
    }
    return `${shortName(variant)}  all below`;
  });
}

/** Such as `177 ms to 210 ms`. */
export function bucketText({ from, to }: Pick<Bucket, 'from' | 'to'>): string {
  return to === null ? `above ${duration(from)}` : `${duration(from)} to ${duration(to)}`;
}
