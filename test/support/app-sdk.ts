import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type ContextManager,
  context,
  logs,
  metrics,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
  type SpanLimits,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

export interface Meters {
  readonly provider: MeterProvider;
  /** Collects now, and gives the points of that metric. */
  points(name: string): Promise<DataPoint<unknown>[]>;
}

/** A real MeterProvider that keeps what it exports. Not global yet. */
export function createMeters(views: ViewOptions[] = []): Meters {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader], views });
  return {
    provider,
    async points(name) {
      exporter.reset();
      await reader.forceFlush();
      const all = exporter.getMetrics().flatMap((resource) => resource.scopeMetrics);
      return all
        .flatMap((scope) => scope.metrics)
        .filter((metric) => metric.descriptor.name === name)
        .flatMap((metric) => metric.dataPoints as DataPoint<unknown>[]);
    },
  };
}

export interface Sdk extends Meters {
  readonly spans: InMemorySpanExporter;
  readonly logs: InMemoryLogRecordExporter;
}

export interface SdkOptions {
  readonly views?: ViewOptions[];
  readonly sampler?: Sampler;
  readonly spanLimits?: SpanLimits;
  /** Before the exporting one. */
  readonly spanProcessors?: SpanProcessor[];
}

/** Real providers for all three signals, made global in place of those before. */
export function installSdk(options: SdkOptions = {}): Sdk {
  for (const api of [context, trace, metrics, logs, propagation]) api.disable();
  context.setGlobalContextManager(createContextManager());
  const spans = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({
      spanProcessors: [...(options.spanProcessors ?? []), new SimpleSpanProcessor({ exporter: spans })],
      ...(options.sampler === undefined ? {} : { sampler: options.sampler }),
      ...(options.spanLimits === undefined ? {} : { spanLimits: options.spanLimits }),
    }),
  );
  const records = new InMemoryLogRecordExporter();
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] }),
  );
  const meters = createMeters(options.views);
  metrics.setGlobalMeterProvider(meters.provider);
  return { ...meters, spans, logs: records };
}

/** The SDK's own, without another dependency. */
function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, fn, thisArg, ...args) => storage.run(active, () => fn.apply(thisArg, args)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** Makes OpenTelemetry's context throw whenever it is asked, until the next {@link installSdk}. */
export function breakContext(): void {
  context.disable();
  const active = (): never => {
    throw new Error('no context today');
  };
  context.setGlobalContextManager({ ...createContextManager(), active });
}
