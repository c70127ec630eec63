import { metrics } from '@opentelemetry/api';
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import { AggregationType } from '@opentelemetry/sdk-metrics';
import { beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { endHttpOperation } from '../../src/instrument/http-operation.js';
import { telltaleViews } from '../../src/instrument/views.js';
import { END, EVALUATION, RECORDS_OFF, serve } from '../support/app-operation.js';
import { createMeters, type Meters } from '../support/app-sdk.js';

async function evaluationsOf(meters: Meters, key: string): Promise<unknown> {
  const points = await meters.points('feature_flag.evaluations');
  return points.find((point) => point.attributes['feature_flag.key'] === key)?.value;
}

async function eventStreamsOf(meters: Meters): Promise<unknown> {
  const points = await meters.points('telltale.dropped');
  return points.find((point) => point.attributes['reason'] === 'event_stream')?.value;
}

beforeEach(() => metrics.disable());

describe('a MeterProvider set late', () => {
  it('receives the evaluations and drops counted before it', async () => {
    for (let i = 0; i < 3; i += 1) serve({ key: 'early' }, { eventStream: true });
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'early' });
    const counts = await meters.points('feature_flag.evaluations');
    expect(counts.find((point) => point.attributes['feature_flag.key'] === 'early')?.value).toBe(4);
    const drops = await meters.points('telltale.dropped');
    expect(drops.find((point) => point.attributes['reason'] === 'event_stream')?.value).toBe(3);
    expect(await meters.points('telltale.operation.duration')).toHaveLength(1);
  });

  it('takes over from another, which then receives nothing', async () => {
    const first = createMeters();
    metrics.setGlobalMeterProvider(first.provider);
    serve({ key: 'moved' });
    metrics.disable();
    const second = createMeters();
    metrics.setGlobalMeterProvider(second.provider);
    serve({ key: 'moved' });
    expect(await first.points('feature_flag.evaluations')).toEqual([]);
    // The first had not collected yet, so that what it would have exported is the second's.
    expect(await evaluationsOf(second, 'moved')).toBe(2);
    expect(await second.points('telltale.operation.duration')).toHaveLength(1);
  });

  it('exports nothing again that another has exported', async () => {
    const first = createMeters();
    metrics.setGlobalMeterProvider(first.provider);
    for (let i = 0; i < 5; i += 1) serve({ key: 'again' }, { eventStream: true });
    serve({ key: 'only-first' });
    expect(await evaluationsOf(first, 'again')).toBe(5);
    const dropsBefore = await eventStreamsOf(first);
    metrics.disable();
    // Belongs to nobody yet.
    serve({ key: 'again' }, { eventStream: true });
    const second = createMeters();
    metrics.setGlobalMeterProvider(second.provider);
    serve({ key: 'again' }, { eventStream: true });
    expect(await evaluationsOf(second, 'again')).toBe(2);
    expect(await evaluationsOf(second, 'only-first')).toBeUndefined();
    expect(await eventStreamsOf(second)).toBe(2);
    expect(dropsBefore).toBeGreaterThanOrEqual(5);
    serve({ key: 'again' });
    expect(await evaluationsOf(second, 'again')).toBe(3);
  });

  it('goes on where it was after a pause', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'paused' });
    expect(await evaluationsOf(meters, 'paused')).toBe(1);
    metrics.disable();
    serve({ key: 'paused' });
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'paused' });
    expect(await evaluationsOf(meters, 'paused')).toBe(3);
  });
});

describe('telltale.operation.duration', () => {
  it('has edges at 2^(k/4) seconds where no View is installed', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'edges' });
    const [point] = await meters.points('telltale.operation.duration');
    const boundaries = (point?.value as Histogram | undefined)?.buckets.boundaries ?? [];
    expect(boundaries).toHaveLength(65);
    expect(boundaries[0]).toBe(2 ** -10);
    expect(boundaries.at(-1)).toBe(64);
    for (const edge of boundaries)
      expect(Math.log2(edge) * 4).toBeCloseTo(Math.round(Math.log2(edge) * 4), 9);
  });

  it('is exponential with the View, once', async () => {
    const meters = createMeters(telltaleViews());
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'exponential' });
    const points = await meters.points('telltale.operation.duration');
    expect(points).toHaveLength(1);
    expect((points[0]?.value as ExponentialHistogram | undefined)?.scale).toBeTypeOf('number');
  });

  it("uses the SDK's own number for the exponential histogram", () => {
    expect(telltaleViews()[0]?.aggregation).toEqual({
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { maxSize: 160, recordMinMax: true },
    });
    expect(telltaleViews()[0]?.aggregationCardinalityLimit).toBe(20_000);
  });

  it('stays under the limit of the SDK without the View: routes are folded first, variants never', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    const variants = ['a', 'b'];
    for (let route = 0; route < 1_200; route += 1) {
      for (const variant of variants) serve({ key: 'wide', variant }, { route: `/r${route}` });
    }
    const points = await meters.points('telltale.operation.duration');
    expect(points.length).toBeLessThanOrEqual(1_900);
    expect(points.filter((point) => 'otel.metric.overflow' in point.attributes)).toEqual([]);
    const counted = (variant: string): number =>
      points
        .filter((point) => point.attributes['feature_flag.result.variant'] === variant)
        .reduce((sum, point) => sum + (point.value as Histogram).count, 0);
    expect(variants.map(counted)).toEqual([1_200, 1_200]);
    const folded = points.filter((point) => point.attributes['http.route'] === '__overflow__');
    expect(folded).toHaveLength(2);
    expect(dropCounts().get('routes')).toBe(2_400 - 1_425);
  });

  it('refuses what finds no room at all, and counts it', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    for (let i = 0; i < 1_905; i += 1) serve({ key: 'versions', version: String(i) }, { route: undefined });
    const points = await meters.points('telltale.operation.duration');
    expect(points).toHaveLength(1_900);
    expect(dropCounts().get('attribute_sets')).toBe(5);
  });

  it('has room for 20,000 sets with the View', async () => {
    const meters = createMeters(telltaleViews());
    metrics.setGlobalMeterProvider(meters.provider);
    for (let route = 0; route < 3_000; route += 1) serve({ key: 'roomy' }, { route: `/r${route}` });
    const points = await meters.points('telltale.operation.duration');
    expect(points).toHaveLength(3_000);
    expect(points.some((point) => point.attributes['http.route'] === '__overflow__')).toBe(false);
  });
});

describe('feature_flag.evaluations', () => {
  it.each([
    ['reasons', 'feature_flag.result.reason', [{ reason: 'split' }, { reason: 'cached' }]],
    ['error types', 'error.type', [{ errorType: 'general' }, { errorType: 'parse_error' }]],
    ['providers', 'feature_flag.provider.name', [{ provider: 'flagd' }, { provider: 'other' }]],
  ])('keeps %s of one variant apart', async (what, attribute, [one, other]) => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    const key = `apart by ${what}`;
    for (const evaluation of [one, other, one]) serve({ key, ...evaluation });
    const points = await meters.points('feature_flag.evaluations');
    const counts = points
      .filter((point) => point.attributes['feature_flag.key'] === key)
      .map((point) => [point.attributes[attribute], point.value]);
    expect(counts).toEqual([
      [Object.values(one ?? {})[0], 2],
      [Object.values(other ?? {})[0], 1],
    ]);
  });

  it('keeps the total exact past its limit, and stays under the limit of the SDK', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    const total = async (): Promise<number> => {
      const points = await meters.points('feature_flag.evaluations');
      expect(points.length).toBeLessThanOrEqual(1_900);
      return points.reduce((sum, point) => sum + (point.value as number), 0);
    };
    serve({ key: 'reasons' });
    const before = await total();
    for (let i = 0; i < 3_000; i += 1) serve({ key: 'reasons', reason: `because-${i}` });
    for (let i = 0; i < 200; i += 1) {
      for (let variant = 0; variant < 10; variant += 1) serve({ key: `late-${i}`, variant: `v${variant}` });
    }
    expect(await total()).toBe(before + 5_000);
  });
});

describe('a request', () => {
  it('ends once', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    const scope = new Scope(undefined, undefined);
    runInScope(scope, () => recordEvaluation({ ...EVALUATION, key: 'once' }, RECORDS_OFF));
    endHttpOperation(scope, END);
    endHttpOperation(scope, END);
    const points = await meters.points('telltale.operation.duration');
    expect(points.map((point) => (point.value as Histogram).count)).toEqual([1]);
  });

  it.each([
    ['an unknown method', { method: 'BREW' }, { 'http.request.method': '_OTHER' }],
    ['a method in lower case', { method: 'get' }, { 'http.request.method': 'GET' }],
    ['status 503', { statusCode: 503 }, { 'http.response.status_code': 503, 'error.type': '503' }],
    ['status 404', { statusCode: 404 }, { 'http.response.status_code': 404, 'error.type': undefined }],
    ['a broken response', { errorName: 'TypeError', statusCode: undefined }, { 'error.type': 'TypeError' }],
    [
      'a client gone',
      { aborted: true, statusCode: 500 },
      { 'telltale.outcome': 'aborted', 'error.type': undefined },
    ],
  ])('writes %s', async (what, end, wanted) => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    serve({ key: 'ways' }, end);
    const [point] = await meters.points('telltale.operation.duration');
    for (const [name, value] of Object.entries(wanted)) expect(point?.attributes[name], what).toBe(value);
  });

  it('measures no evaluation that comes after its end, but counts it', async () => {
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    const scope = new Scope(undefined, undefined);
    endHttpOperation(scope, END);
    runInScope(scope, () => recordEvaluation({ ...EVALUATION, key: 'late' }, RECORDS_OFF));
    expect(await meters.points('telltale.operation.duration')).toEqual([]);
    const drops = await meters.points('telltale.dropped');
    expect(drops.find((point) => point.attributes['reason'] === 'late_evaluation')?.value).toBe(1);
  });
});
