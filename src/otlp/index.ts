/**
 * OTLP in: what the rest of the backend may use of this folder. The records' types stand in model.ts, which
 * imports nothing: a sink needs no more.
 */
export type { Batch } from './batch.js';
export { type BodyBuffer, createBodyBuffer } from './body-buffer.js';
export { type Budget, createBudget, type Hold } from './budget.js';
export { isOtlpDecodeError } from './decode-error.js';
export { type AnsweredRequest, createExporting } from './export.js';
export { createOtlpGrpcServer, type GrpcModule, type GrpcReceiverOptions } from './grpc-receiver.js';
export { createOtlpHandler } from './http-receiver.js';
export { decodeLogsJson } from './json/logs.js';
export { decodeMetricsJson } from './json/metrics.js';
export { decodeTracesJson } from './json/traces.js';
export { DEFAULT_MAX_BODY_BYTES } from './limits.js';
export type { LogRecord, Metric, Rejection, Span, TelemetrySink } from './model.js';
export { decodeLogs } from './protobuf/logs.js';
export { decodeMetrics } from './protobuf/metrics.js';
export { decodeTraces } from './protobuf/traces.js';
export { type Denial, RETRY_AFTER_SECONDS } from './refusal.js';
