import { setTimeout as wait } from 'node:timers/promises';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import express from 'express';
import { beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import type { Evaluation } from '../../src/core/evaluation.js';
import { flagObservability } from '../../src/http/express.js';
import { recordEvaluation } from '../../src/instrument/evaluate.js';
import { listen } from '../support/app-listen.js';
import { EVALUATION, RECORDS_OFF, serve } from '../support/app-operation.js';
import { createMeters } from '../support/app-sdk.js';

/** How often each value of `attribute` was recorded for the flag; `undefined` for points without it. */
async function countsBy(attribute: string, requests: readonly Partial<Evaluation>[]): Promise<unknown[][]> {
  const meters = createMeters();
  metrics.setGlobalMeterProvider(meters.provider);
  for (const request of requests) serve(request);
  const points = await meters.points('telltale.operation.duration');
  return points.map((point) => [point.attributes[attribute], (point.value as Histogram).count]);
}

beforeEach(() => metrics.disable());

describe('the value of telltale.operation.duration', () => {
  it('is the time the operation took, in seconds', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    const closed = Promise.withResolvers<void>();
    const app = express().use(flagObservability());
    app.get('/slow', async (_request, response) => {
      recordEvaluation(EVALUATION, RECORDS_OFF);
      // A timer may fire up to a millisecond early, and the bound below leaves room for that.
      await wait(50);
      response.end('ok');
    });
    // Listens before the middleware does, hence the turn in between.
    await using server = await listen((request, response) => {
      response.on('close', () => setImmediate(closed.resolve));
      app(request, response);
    });
    await fetch(`${server.url}/slow`).then((response) => response.text());
    await closed.promise;
    await reader.forceFlush();
    const metric: MetricData | undefined = exporter
      .getMetrics()
      .flatMap((resource) => resource.scopeMetrics)
      .flatMap((scope) => scope.metrics)
      .find(({ descriptor }) => descriptor.name === 'telltale.operation.duration');
    expect(metric?.descriptor.unit).toBe('s');
    expect(metric?.dataPoints).toHaveLength(1);
    const histogram = metric?.dataPoints[0]?.value as Histogram | undefined;
    expect(histogram?.count).toBe(1);
    expect(histogram?.sum).toBeGreaterThan(0.045);
    expect(histogram?.sum).toBeLessThan(1);
  });
});

describe('the series of telltale.operation.duration', () => {
  it('keep assignments apart', async () => {
    const requests: Partial<Evaluation>[] = [
      { assignment: 'assigned' },
      { assignment: 'override' },
      { assignment: 'assigned' },
    ];
    expect(await countsBy('telltale.assignment', requests)).toEqual([
      ['assigned', 2],
      ['override', 1],
    ]);
  });

  it('keep versions apart, and no version from one that is called so', async () => {
    const requests: Partial<Evaluation>[] = [
      { version: '1' },
      { version: undefined },
      { version: 'undefined' },
      { version: '1' },
    ];
    expect(await countsBy('feature_flag.version', requests)).toEqual([
      ['1', 2],
      [undefined, 1],
      ['undefined', 1],
    ]);
  });

  it('take a place once, whichever of a variant comes again', async () => {
    const versions = Array.from({ length: 4_000 }, (_, i) => ({ version: String(i % 3) }));
    const counts = await countsBy('feature_flag.version', versions);
    expect(counts.map(([version]) => version)).toEqual(['0', '1', '2']);
    expect(dropCounts().get('routes')).toBeUndefined();
    expect(dropCounts().get('attribute_sets')).toBeUndefined();
  });
});
