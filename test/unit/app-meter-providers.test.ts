import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { beforeEach, describe, expect, it } from 'vitest';
import { telltaleViews } from '../../src/instrument/views.js';
import { serve } from '../support/app-operation.js';
import { createMeters, type Meters } from '../support/app-sdk.js';

async function evaluationsOf(meters: Meters, key: string): Promise<unknown> {
  const points = await meters.points('feature_flag.evaluations');
  return points.find((point) => point.attributes['feature_flag.key'] === key)?.value;
}

beforeEach(() => metrics.disable());

describe('a MeterProvider that is global again', () => {
  it('goes on with its own sums, and every count is in one of the two', async () => {
    const one = createMeters();
    const other = createMeters();
    const use = (meters: Meters): void => {
      metrics.disable();
      metrics.setGlobalMeterProvider(meters.provider);
    };
    const count = async (meters: Meters, times: number): Promise<unknown> => {
      use(meters);
      for (let i = 0; i < times; i += 1) serve({ key: 'back' });
      return evaluationsOf(meters, 'back');
    };
    expect(await count(one, 5)).toBe(5);
    expect(await count(other, 3)).toBe(3);
    expect(await count(one, 2)).toBe(7);
    expect(await count(other, 1)).toBe(4);
  });

  it('keeps its attribute sets under its limit', async () => {
    const one = createMeters();
    const other = createMeters();
    for (const [round, meters] of [one, other, one].entries()) {
      metrics.disable();
      metrics.setGlobalMeterProvider(meters.provider);
      for (let i = 0; i < 1_200; i += 1) {
        serve({ key: 'twice', version: `${round}-${i}` }, { route: undefined });
      }
    }
    const points = await one.points('telltale.operation.duration');
    expect(points).toHaveLength(1_900);
    expect(points.some((point) => 'otel.metric.overflow' in point.attributes)).toBe(false);
  });
});

describe('several readers of one MeterProvider', () => {
  it('each see the right sums, as differences and cumulated, in any order', async () => {
    const create = (temporality: AggregationTemporality): [PeriodicExportingMetricReader, () => unknown] => {
      const exporter = new InMemoryMetricExporter(temporality);
      const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
      const value = (): unknown => {
        const all = exporter.getMetrics().flatMap((resource) => resource.scopeMetrics);
        const points = all
          .flatMap((scope) => scope.metrics)
          .filter((metric) => metric.descriptor.name === 'telltale.unit.operations')
          .flatMap((metric) => metric.dataPoints as DataPoint<number>[])
          .filter((point) => point.attributes['feature_flag.key'] === 'read');
        exporter.reset();
        return points.reduce((sum, point) => sum + point.value, 0);
      };
      return [reader, value];
    };
    const [delta, differences] = create(AggregationTemporality.DELTA);
    const [cumulative, total] = create(AggregationTemporality.CUMULATIVE);
    const provider = new MeterProvider({ readers: [delta, cumulative], views: telltaleViews() });
    metrics.setGlobalMeterProvider(provider);
    let units = 0;
    const count = (times: number): void => {
      for (let i = 0; i < times; i += 1) {
        units += 1;
        serve({ key: 'read', targetingKey: `reader ${units}` });
      }
    };
    const collect = async (reader: PeriodicExportingMetricReader, value: () => unknown): Promise<unknown> => {
      await reader.forceFlush();
      return value();
    };
    count(5);
    expect(await collect(delta, differences)).toBe(5);
    count(3);
    expect(await collect(cumulative, total)).toBe(8);
    count(2);
    expect(await collect(cumulative, total)).toBe(10);
    expect(await collect(delta, differences)).toBe(5);
    expect(await collect(delta, differences)).toBe(0);
    expect(await collect(cumulative, total)).toBe(10);
  });
});
