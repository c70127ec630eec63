import { describe, expect, it } from 'vitest';
import type { VariantDistribution } from '../../src/server/page/documents.js';
import { rangeOf, sayAt, shapeOf, ticksBetween } from '../../src/ui/charts/latency-shape.js';

const distribution = (buckets: VariantDistribution['buckets']): VariantDistribution => ({
  variant: 'on',
  requests: buckets.reduce((sum, { requests }) => sum + requests, 0),
  ...{ p50: null, p95: null, p99: null },
  buckets,
});

describe('shapeOf', () => {
  it('makes the area below a density the share of requests, whatever the width of a bucket', () => {
    const of = distribution([
      { from: 1, to: 2, requests: 25 },
      { from: 2, to: 8, requests: 75 },
    ]);
    // From 1 s to 2 s one doubling, from 2 s to 8 s two.
    expect(shapeOf(of, 'density')).toEqual([
      ...[
        [0, 0],
        [0, 0.25],
        [1, 0.25],
      ],
      ...[
        [1, 0.375],
        [3, 0.375],
        [3, 0],
      ],
    ]);
  });

  it('goes down to nothing between buckets that are apart', () => {
    const of = distribution([
      { from: 1, to: 2, requests: 1 },
      { from: 4, to: 8, requests: 1 },
    ]);
    expect(shapeOf(of, 'density')).toEqual([
      ...[
        [0, 0],
        [0, 0.5],
        [1, 0.5],
        [1, 0],
      ],
      ...[
        [2, 0],
        [2, 0.5],
        [3, 0.5],
        [3, 0],
      ],
    ]);
  });

  it('adds up to 1 at the end of the last bucket, each share at the end of its bucket and not before', () => {
    const of = distribution([
      { from: 1, to: 2, requests: 1 },
      { from: 4, to: 8, requests: 3 },
    ]);
    expect(shapeOf(of, 'cumulative')).toEqual([
      ...[
        [0, 0],
        [1, 0],
        [1, 0.25],
      ],
      ...[
        [1, 0.25],
        [3, 0.25],
        [3, 1],
      ],
    ]);
  });

  it('draws the bucket from 0 and the one without an end as wide as a doubling', () => {
    const of = distribution([
      { from: 0, to: 1, requests: 1 },
      { from: 8, to: null, requests: 1 },
    ]);
    expect(rangeOf({ window: { from: '', to: '' }, slowThreshold: null, variants: [of] })).toEqual([0.5, 16]);
    expect(shapeOf(of, 'density').map(([place]) => place)).toEqual([-1, -1, 0, 0, 3, 3, 4, 4]);
  });

  it('has no corners without requests', () => {
    expect(shapeOf(distribution([]), 'density')).toEqual([]);
    expect(shapeOf(distribution([]), 'cumulative')).toEqual([]);
  });
});

describe('what is beside the shape', () => {
  const document = {
    ...{ window: { from: '', to: '' }, slowThreshold: 16 },
    variants: [
      distribution([
        { from: 1, to: 2, requests: 1 },
        { from: 4, to: null, requests: 3 },
      ]),
    ],
  };

  it('says how many are in the bucket and below it', () => {
    expect(sayAt(document, 1.5)).toEqual(['\u2068on\u2069  25 % within 1 s to 2 s, 0 % below']);
    expect(sayAt(document, 3)).toEqual(['\u2068on\u2069  none here, 25 % below']);
    expect(sayAt(document, 5)).toEqual(['\u2068on\u2069  75 % within above 4 s, 25 % below']);
    expect(sayAt(document, 50)).toEqual(['\u2068on\u2069  all below']);
  });

  it('shows the threshold, with room', () => {
    expect(rangeOf(document)[1]).toBeCloseTo(17.6);
  });

  it.each([
    [0.004, 0.3, [0.005, 0.01, 0.02, 0.05, 0.1, 0.2]],
    [0.00005, 2, [0.0001, 0.001, 0.01, 0.1, 1]],
  ])('has ticks at round durations from %d to %d s', (from, to, ticks) => {
    expect(ticksBetween(from, to)).toEqual(ticks);
  });
});
