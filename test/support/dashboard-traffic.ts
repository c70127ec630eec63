import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SCOPE_NAME } from '../../src/core/version.js';
import { telltaleViews } from '../../src/node/index.js';

/** Operations of one kind: how many, how long each, and attributes beside those that all have. */
export interface Operations {
  readonly variant: string;
  readonly count: number;
  readonly seconds: number;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** A process with the real SDK and our Views, whose operations last as long as a test says. */
export interface SimulatedProcess {
  serve(flag: string, operations: readonly Operations[]): void;
  flush(): Promise<void>;
  end(): Promise<void>;
}

const EDGES = Array.from({ length: 65 }, (_, i) => 2 ** ((i - 40) / 4));

/**
 * @param urls where OTLP metrics go
 * @param resource attributes beside service.name
 */
export function simulatedProcess(
  urls: readonly string[],
  resource: Readonly<Record<string, string>>,
  exponential: boolean,
): SimulatedProcess {
  const readers = urls.map(
    (url) =>
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url }),
        exportIntervalMillis: 3_600_000,
      }),
  );
  const meters = new MeterProvider({
    views: telltaleViews({ exponential }),
    resource: resourceFromAttributes({ 'service.name': 'shop', ...resource }),
    readers,
  });
  const durations = meters.getMeter(SCOPE_NAME).createHistogram('telltale.operation.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: EDGES },
  });
  return {
    serve(flag, operations) {
      for (const { variant, count, seconds, attributes } of operations) {
        const all = {
          'feature_flag.key': flag,
          'feature_flag.result.variant': variant,
          'telltale.assignment': 'assigned',
          ...attributes,
        };
        for (let i = 0; i < count; i += 1) durations.record(seconds, all);
      }
    },
    flush: () => meters.forceFlush(),
    end: () => meters.shutdown(),
  };
}

export const CART = { 'http.route': '/cart/:id', 'feature_flag.version': '3' };
const PAY = { 'http.route': '/pay', 'feature_flag.version': '3' };
const FAILED = { 'error.type': '500', 'http.response.status_code': 500 };

/** 100 of off, 4 of which fail and 10 are slow; 50 of on, 6 of which fail and 20 are slow; and what is not compared. */
export const ROUND: readonly Operations[] = [
  { variant: 'off', count: 60, seconds: 0.01, attributes: CART },
  { variant: 'off', count: 26, seconds: 0.1, attributes: PAY },
  { variant: 'off', count: 4, seconds: 0.1, attributes: { ...PAY, ...FAILED } },
  { variant: 'off', count: 10, seconds: 0.5, attributes: { 'telltale.operation.name': 'bill' } },
  { variant: 'on', count: 24, seconds: 0.01, attributes: CART },
  { variant: 'on', count: 6, seconds: 0.1, attributes: { ...CART, ...FAILED } },
  { variant: 'on', count: 20, seconds: 0.5, attributes: PAY },
  { variant: 'on', count: 70, seconds: 2, attributes: { ...PAY, 'telltale.assignment': 'override' } },
  { variant: 'on', count: 80, seconds: 2, attributes: { ...PAY, 'telltale.outcome': 'aborted' } },
  { variant: '__mixed__', count: 90, seconds: 2, attributes: PAY },
];
