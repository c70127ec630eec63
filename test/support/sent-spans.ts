import { randomBytes } from 'node:crypto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Query } from '../../src/store/store.js';

/** Spans of one request, and the ids by which they are found in the store. */
export interface SentSpans {
  readonly ids: readonly string[];
  /** OTLP/JSON. */
  readonly body: string;
}

/** @param text of an attribute that each span has, for spans of a size */
export function sentSpans(count: number, text = ''): SentSpans {
  const ids = Array.from({ length: count }, () => randomBytes(8).toString('hex'));
  const now = `${Date.now()}000000`;
  const spans = ids.map((spanId) => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId,
    name: 'work',
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    attributes: text === '' ? [] : [{ key: 'text', value: { stringValue: text } }],
  }));
  const attributes = [{ key: 'service.name', value: { stringValue: 'durable' } }];
  return {
    ids,
    body: JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] }),
  };
}

/** Of these ids the ones that the store does not have. */
export async function missingSpans(query: Query, ids: Iterable<string>): Promise<string[]> {
  const rows = await query<{ id: string }>('SELECT DISTINCT SpanId AS id FROM otel_traces');
  const stored = new Set(rows.map(({ id }) => id));
  return [...ids].filter((id) => !stored.has(id));
}

/** What came of one batch that a real exporter was given. */
export interface Exported {
  readonly id: string;
  /** Whether the exporter was told that the batch is stored. */
  readonly acknowledged: boolean;
}

/** Sends one span through the OpenTelemetry SDK's own exporter, which tries again as OTLP says. */
export async function exportSpan(otlpUrl: string): Promise<Exported> {
  const memory = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] });
  const span = provider.getTracer('durable').startSpan('exported');
  span.end();
  const exporter = new OTLPTraceExporter({ url: `${otlpUrl}/v1/traces` });
  const result = await new Promise<{ code: number }>((done) =>
    exporter.export(memory.getFinishedSpans(), done),
  );
  await exporter.shutdown();
  return { id: span.spanContext().spanId, acknowledged: result.code === 0 };
}
