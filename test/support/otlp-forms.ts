import type { JsonForm } from './otlp-encoder.js';

/** Small requests in OTLP/JSON form, to be spoiled in one place each. */
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
export const SPAN_ID = 'b7ad6b7169203331';

export function traceForm(...spans: readonly JsonForm[]): JsonForm {
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] };
}

export function spanForm(fields: JsonForm = {}): JsonForm {
  return { traceId: TRACE_ID, spanId: SPAN_ID, name: 'GET /', ...fields };
}

export function logForm(...logRecords: readonly JsonForm[]): JsonForm {
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
}

export function metricForm(...metrics: readonly JsonForm[]): JsonForm {
  return { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] };
}

/** A log record whose body is the value: the shortest way for one value through a decoder. */
export function bodyForm(value: JsonForm): JsonForm {
  return logForm({ body: value });
}

/** `levels` arrays (or maps) around a text. */
export function nestedValue(levels: number, kind: 'array' | 'map' = 'array'): JsonForm {
  let value: JsonForm = { stringValue: 'deep' };
  for (let level = 0; level < levels; level++) {
    value =
      kind === 'array'
        ? { arrayValue: { values: [value] } }
        : { kvlistValue: { values: [{ key: 'k', value }] } };
  }
  return value;
}
