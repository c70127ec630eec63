import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createExporting } from '../../src/otlp/index.js';
import { listenGrpc } from '../../src/server/grpc-listener.js';
import type { Listener } from '../../src/server/listener.js';
import { temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();
const errors: unknown[] = [];
let listener: Listener;

beforeAll(async () => {
  const exporting = createExporting({ sink: store().sink, onError: (error) => errors.push(error) });
  const check = (): undefined => undefined;
  listener = await listenGrpc(
    { exporting, check },
    { host: '127.0.0.1', port: 0, option: '--otlp-grpc-port' },
  );
});
afterAll(async () => {
  await listener.close();
  expect(errors).toEqual([]);
});

async function names(sql: string): Promise<string[]> {
  return (await store().query<{ name: string }>(sql)).map(({ name }) => name);
}

afterEach(() => vi.unstubAllEnvs());

it.each(['none', 'gzip'])(
  'what the gRPC exporters of the SDK send is stored once it is acknowledged, compression %s',
  async (compression) => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
    const options = { url: listener.url };
    const tracer = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter: new OTLPTraceExporter(options) })],
    });
    const logs = new OTLPLogExporter(options);
    const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] });
    const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(options) });
    const meter = new MeterProvider({ readers: [reader] });

    tracer.getTracer('t').startSpan(`span ${compression}`).end();
    logger.getLogger('t').emit({ body: `record ${compression}` });
    meter.getMeter('t').createCounter(`counter.${compression}`).add(3);
    // Flushed once the exporter has its answer; of logs it is asked itself, for which the simple processor does not wait.
    await Promise.all([tracer.forceFlush(), logs.forceFlush(), meter.forceFlush()]);

    expect(
      await names(`SELECT SpanName AS name FROM otel_traces WHERE SpanName = 'span ${compression}'`),
    ).toHaveLength(1);
    expect(
      await names(`SELECT Body AS name FROM otel_logs WHERE Body = 'record ${compression}'`),
    ).toHaveLength(1);
    expect(
      await names(
        `SELECT MetricName AS name FROM otel_metrics_sum WHERE MetricName = 'counter.${compression}' AND Value = 3`,
      ),
    ).toHaveLength(1);
    await Promise.all([tracer.shutdown(), logger.shutdown(), meter.shutdown()]);
  },
);
