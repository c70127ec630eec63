import { metrics } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  type AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { expect } from 'vitest';
import { telltaleViews } from '../../src/node/index.js';
import type { Comparison } from '../../src/server/comparison.js';
import type { Fresh } from './app-fresh.js';
import { type BackendProcess, telltale } from './backend-process.js';

/** One in four has the treatment; there one in five fails, elsewhere one in fifty. */
export function visit({ operation }: Fresh, users: number, from: number): void {
  for (let user = from; user < from + users; user += 1) {
    const variant = user % 4 === 0 ? 'on' : 'off';
    const statusCode = user % (variant === 'on' ? 20 : 50) === 0 ? 500 : 200;
    const key = user % 10 === 9 ? 'other' : 'flag';
    operation.serve({ key, variant, targetingKey: `user-${user}`, version: '3' }, { statusCode });
  }
  operation.serve({ key: 'flag', variant: 'on', assignment: 'override' });
  operation.serve({ key: 'flag', variant: 'off' }, { aborted: true });
}

/** The real SDK with our Views, exporting the same to all. */
export function exportTo(
  urls: readonly string[],
  temporality: AggregationTemporality,
  exponential: boolean,
): MeterProvider {
  const readers = urls.map(
    (url) =>
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url, temporalityPreference: temporality }),
        exportIntervalMillis: 3_600_000,
      }),
  );
  const resource = resourceFromAttributes({
    'service.name': 'shop',
    'service.namespace': 'web',
    'service.version': '1.2',
    'service.instance.id': 'i1',
    'deployment.environment.name': 'prod',
  });
  const meters = new MeterProvider({ views: telltaleViews({ exponential }), resource, readers });
  metrics.disable();
  metrics.setGlobalMeterProvider(meters);
  return meters;
}

/** What our own store and another one say of the flag. */
export async function compareBoth(
  backend: BackendProcess,
  source: string,
  options: readonly string[],
): Promise<Comparison[]> {
  const ask = async (whom: readonly string[]): Promise<Comparison> => {
    const { stdout, stderr } = await telltale(['compare', 'flag', '--json', ...whom, ...options]);
    if (stderr !== '') throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return [await ask(['--url', backend.apiUrl]), await ask(['--source', source])];
}

/** @param tolerance by how much percentiles may differ, as a share; only where it is 0 are units the same as well */
export function expectSameVariants(
  one: Comparison | undefined,
  other: Comparison | undefined,
  tolerance: number,
): void {
  const counts = (comparison: Comparison | undefined) =>
    comparison?.variants.map(({ latency: _, units: __, ...variant }) => variant);
  const units = (comparison: Comparison | undefined) => comparison?.variants.map(({ units }) => units);
  const percentiles = (comparison: Comparison | undefined) =>
    comparison?.variants.flatMap(({ latency }) => Object.values(latency));
  expect(counts(one)).toEqual(counts(other));
  if (tolerance === 0) expect(units(one)).toEqual(units(other));
  const wanted = percentiles(other) ?? [];
  const found = percentiles(one) ?? [];
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) {
    expect(Math.abs((found[i] ?? Number.NaN) / Number(value) - 1)).toBeLessThanOrEqual(tolerance);
  }
}
