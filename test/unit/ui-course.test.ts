import { describe, expect, it } from 'vitest';
import type { CourseDocument, RatioInterval } from '../../src/server/page/documents.js';
import type { ChartLook } from '../../src/ui/charts/chart-look.js';
import { errorRates, percentiles, rates, shares } from '../../src/ui/charts/course-lines.js';
import { ratioOption, turnsOf } from '../../src/ui/charts/ratio-chart.js';
import { stepAt, stepsOf } from '../../src/ui/charts/steps.js';
import { courseOption, seriesOf } from '../../src/ui/charts/time-chart.js';
import { variantStyles } from '../../src/ui/state/variant-style.js';

const at = (seconds: number) => new Date(seconds * 1000).toISOString();
const variant = (name: string, requests: number[], errors: number[]) => ({
  ...{ variant: name, requests, errors },
  slow: requests.map(() => null),
  ...{ p50: requests.map(() => 0.05), p95: requests.map(() => null), p99: requests.map(() => 0.2) },
});
const course: CourseDocument = {
  window: { from: at(0), to: at(30) },
  ...{ control: 'off', slowThreshold: null, changes: [], cannot: null, comparisons: [] },
  moments: [at(10), at(30)],
  variants: [variant('off', [100, 100], [1, 2]), variant('on', [0, 300], [0, 30])],
};
const steps = stepsOf(course);
const look: ChartLook = {
  ...{ text: '#000', soft: '#333', line: '#ccc', strong: '#999', surface: '#fff', raised: '#eee' },
  ...{ font: 'sans-serif', rem: 16, of: (property) => property },
};

describe('the lines of a course', () => {
  it('have a rate for each step with requests, and none for one without', () => {
    const [off, on] = errorRates(course);
    expect(off?.values).toEqual([0.01, 0.02]);
    expect(on?.values).toEqual([null, 0.1]);
    expect(on?.text(0)).toBe('no requests');
    expect(on?.text(1)).toBe('10 % (30 of 300)');
  });

  it('count requests by the length of their own step, and as shares of all', () => {
    expect(rates(course, steps).map(({ values }) => values)).toEqual([
      [10, 5],
      [0, 15],
    ]);
    expect(shares(course).map(({ values }) => values)).toEqual([
      [1, 0.25],
      [0, 0.75],
    ]);
    expect(shares(course)[1]?.text(1)).toBe('75 % (300 of 400)');
  });

  it('take steps at the end without any requests as not reported yet, and those before as none', () => {
    const late = { ...course, variants: [variant('off', [100, 0, 100, 0], [0, 0, 0, 0])] };
    const [off] = rates(late, stepsOf({ ...course, moments: [10, 20, 30, 40].map(at) }));
    expect(off?.values).toEqual([10, 0, 10, null]);
    expect(off?.text(3)).toBe('nothing reported yet');
  });

  it('say a percentile, or that it is not known', () => {
    expect(percentiles(course, 'p50')[0]?.text(0)).toBe('50 ms');
    expect(percentiles(course, 'p95')[0]?.text(0)).toBe('not known');
  });

  it('find the step of a time', () => {
    expect([-5, 0, 10, 11, 30, 99].map((seconds) => stepAt(steps, seconds * 1000))).toEqual([
      ...[0, 0, 0, 1, 1, 1],
    ]);
  });
});

describe('courseOption', () => {
  it('gives each variant its colour and its dash, and a shape to a point that has no neighbour', () => {
    const styles = variantStyles(['off', 'on'], 'off');
    const option = courseOption(
      errorRates(course),
      styles,
      { steps, marks: [] },
      { format: String, min: 0 },
      look,
    );
    const [, on] = seriesOf(option);
    expect(on).toMatchObject({ color: '--variant-1', lineStyle: { type: [8, 4] } });
    expect(on?.data).toEqual([[5000, null], { value: [20_000, 0.1], symbol: 'triangle' }]);
  });

  it('shows the shape at some points of a line, and at each that has no neighbour', () => {
    const values = Array.from({ length: 21 }, (_, i) => (i === 9 || i === 11 ? null : 1));
    const line = { variant: 'off', values, text: () => '' };
    const long = stepsOf({ ...course, moments: values.map((_, i) => at(i + 1)) });
    const looks = variantStyles(['off'], 'off');
    const option = courseOption([line], looks, { steps: long, marks: [] }, { format: String, min: 0 }, look);
    const data = (seriesOf(option)[0]?.data ?? []) as readonly object[];
    expect(data.flatMap((point, i) => ('symbol' in point ? [i] : []))).toEqual([1, 5, 10, 13, 17]);
  });
});

describe('ratioOption', () => {
  const open: RatioInterval = { ratio: 2, low: 0, high: null };
  const unknown: RatioInterval = { ratio: null, low: null, high: null };

  it('draws what is unbounded along the edge, and nothing where nothing is known', () => {
    const levels = [{ ratio: 4, label: 'margin', place: 'insideEndTop' as const }];
    const option = ratioOption([unknown, open], undefined, levels, { steps, marks: [] }, look);
    const [low, width, estimate] = seriesOf(option).map(({ data }) => data);
    const edge = -(option.yAxis as { min: number }).min;
    expect(edge).toBeGreaterThanOrEqual(2);
    expect(low).toEqual([
      [10_000, null],
      [30_000, -edge],
    ]);
    expect(width).toEqual([
      [10_000, null],
      [30_000, 2 * edge],
    ]);
    expect(estimate).toEqual([
      [10_000, null],
      [30_000, 1],
    ]);
  });

  it('is as high as the last quarter needs, however wide the bounds were at first', () => {
    const narrowing = [64, 32, 16, 2].map((high) => ({ ratio: 1, low: 1 / high, high }));
    const moments = narrowing.map((_, i) => at(i + 1));
    const option = ratioOption(
      narrowing,
      undefined,
      [],
      { steps: stepsOf({ ...course, moments }), marks: [] },
      look,
    );
    expect(-(option.yAxis as { min: number }).min).toBeCloseTo(1.15);
  });

  it('has no more lines than there is room for', () => {
    const wide = ratioOption([{ ratio: 9, low: 0.04, high: 24 }], undefined, [], { steps, marks: [] }, look);
    expect(wide.yAxis).toMatchObject({ axisTick: { customValues: [-4, -2, 0, 2, 4] } });
    const narrow = ratioOption([{ ratio: 1, low: 0.5, high: 2 }], undefined, [], { steps, marks: [] }, look);
    expect(narrow.yAxis).toMatchObject({ axisTick: { customValues: [-1, 0, 1] } });
  });

  it('knows where a verdict turned, from a hold on', () => {
    expect(turnsOf(['hold', 'roll-back', 'roll-back', 'hold'])).toEqual([
      { index: 1, words: 'roll back' },
      { index: 3, words: 'hold' },
    ]);
    expect(turnsOf(['roll-forward'])).toEqual([{ index: 0, words: 'roll forward' }]);
  });
});
