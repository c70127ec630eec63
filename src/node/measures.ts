import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Signal } from './environment.js';
import type { Measure } from './export-size.js';
import { sliceMetrics } from './metric-slices.js';
import { loadPeer } from './peer.js';
import { VIA } from './pipelines.js';
import { slices } from './slices.js';

/** What the exporter of each signal is given at once. */
export interface Batches {
  readonly TRACES: ReadableSpan[];
  readonly METRICS: ResourceMetrics;
  readonly LOGS: ReadableLogRecord[];
}

type Transformer = typeof import('@opentelemetry/otlp-transformer');

/**
 * Measures batches by the serializer that the exporters use.
 *
 * @throws Error where it is not installed.
 */
export function createMeasures(): { [S in Signal]: Measure<Batches[S]> } {
  const { ProtobufTraceSerializer, ProtobufMetricsSerializer, ProtobufLogsSerializer } = loadPeer(
    '@opentelemetry/otlp-transformer',
    VIA,
    '@opentelemetry/exporter-trace-otlp-proto',
  ) as Transformer;
  return {
    TRACES: {
      bytes: (spans) => ProtobufTraceSerializer.serializeRequest(spans)?.length ?? 0,
      cut: slices,
    },
    METRICS: {
      bytes: (metrics) => ProtobufMetricsSerializer.serializeRequest(metrics)?.length ?? 0,
      cut: sliceMetrics,
    },
    LOGS: {
      bytes: (records) => ProtobufLogsSerializer.serializeRequest(records)?.length ?? 0,
      cut: slices,
    },
  };
}
