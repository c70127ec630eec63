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
