import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/otlp/index.js';
import {
  decodeLogs,
  decodeLogsJson,
  decodeMetrics,
  decodeMetricsJson,
  decodeTraces,
  decodeTracesJson,
} from '../../src/otlp/index.js';
import { MAX_BUCKETS } from '../../src/otlp/limits.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { logForm, metricForm, SPAN_ID, spanForm, TRACE_ID, traceForm } from '../support/otlp-forms.js';

/** Decoded both ways; the two must agree. */
function both<Row>(
  request: string,
  form: JsonForm,
  fromProtobuf: (body: Uint8Array) => Batch<Row>,
  fromJson: (body: Uint8Array) => Batch<Row>,
): Batch<Row> {
  const batch = fromProtobuf(encodeMessage(request, form));
  expect(fromJson(Buffer.from(JSON.stringify(form)))).toEqual(batch);
  return batch;
}

const traces = (...spans: readonly JsonForm[]) =>
  both('ExportTraceServiceRequest', traceForm(...spans), decodeTraces, decodeTracesJson);
const logs = (...records: readonly JsonForm[]) =>
  both('ExportLogsServiceRequest', logForm(...records), decodeLogs, decodeLogsJson);
const metrics = (...list: readonly JsonForm[]) =>
  both('ExportMetricsServiceRequest', metricForm(...list), decodeMetrics, decodeMetricsJson);

const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);

describe('spans', () => {
  it.each([
    [
      'a trace id of 15 bytes',
      { traceId: TRACE_ID.slice(2) },
      'its trace id has 15 bytes where 16 are expected',
    ],
    [
      'a trace id of 17 bytes',
      { traceId: `${TRACE_ID}00` },
      'its trace id has 17 bytes where 16 are expected',
    ],
    ['no trace id', { traceId: '' }, 'its trace id is missing or all zeroes'],
    ['a trace id of zeroes', { traceId: NO_TRACE }, 'its trace id is missing or all zeroes'],
    ['a span id of 7 bytes', { spanId: SPAN_ID.slice(2) }, 'its span id has 7 bytes where 8 are expected'],
    ['a span id of zeroes', { spanId: NO_SPAN }, 'its span id is missing or all zeroes'],
    [
      'a parent of 4 bytes',
      { parentSpanId: '00000001' },
      "its parent's span id has 4 bytes where 8 are expected",
    ],
    [
      'a link of 3 bytes',
      { links: [{ traceId: '010203' }] },
      "a link's trace id has 3 bytes where 16 are expected",
    ],
  ])('refuses %s and keeps the others', (_what, fields, reason) => {
    const { rows, rejection } = traces(spanForm(), spanForm(fields), spanForm());
    expect(rows).toHaveLength(2);
    expect(rejection).toEqual({ count: 1, message: `1 spans refused: 1 because ${reason}.` });
  });

  it('refuses ids in base64 with a hint', () => {
    const body = Buffer.from(JSON.stringify(traceForm(spanForm({ traceId: 'Cvdlkr8NUiPlR/2N0ZaZyQ==' }))));
    expect(decodeTracesJson(body).rejection?.message).toContain('OTLP/JSON writes ids in hex, not in base64');
  });

  it('takes a parent of zeroes as none, a link to nothing, and times of 0', () => {
    const { rows, rejection } = traces(
      spanForm({ parentSpanId: NO_SPAN, links: [{ traceId: NO_TRACE, spanId: NO_SPAN }] }),
    );
    expect(rejection).toBeUndefined();
    expect(rows[0]).toMatchObject({ parentSpanId: '', startTimeUnixNano: 0n, endTimeUnixNano: 0n });
    expect(rows[0]?.links[0]).toMatchObject({ traceId: '', spanId: '' });
  });

  it('tells five reasons and counts the rest', () => {
    const bad = [1, 2, 3, 4, 5, 6, 7].map((length) => spanForm({ traceId: '01'.repeat(length) }));
    const message = traces(...bad, spanForm({ traceId: '01' })).rejection?.message;
    expect(message).toMatch(/^8 spans refused: 2 because its trace id has 1 bytes/);
    expect(message).toMatch(/5 bytes where 16 are expected; 2 for other reasons\.$/);
  });
});

describe('log records', () => {
  it('keeps a record without trace, and takes zeroes as none', () => {
    const { rows, rejection } = logs(
      {},
      { traceId: NO_TRACE, spanId: NO_SPAN },
      { traceId: TRACE_ID, spanId: SPAN_ID },
    );
    expect(rejection).toBeUndefined();
    expect(rows.map((row) => row.traceId)).toEqual(['', '', TRACE_ID]);
    expect(rows.map((row) => row.spanId)).toEqual(['', '', SPAN_ID]);
  });

  it('refuses ids of another length', () => {
    expect(logs({ traceId: '01' }, { spanId: '01' }, {}).rejection).toEqual({
      count: 2,
      message:
        '2 log records refused: 1 because its trace id has 1 bytes where 16 are expected; 1 because its span id has 1 bytes where 8 are expected.',
    });
  });
});

describe('data points', () => {
  const histogram = (...dataPoints: readonly JsonForm[]): JsonForm => ({
    name: 'h',
    histogram: { aggregationTemporality: 1, dataPoints },
  });
  const exponential = (...dataPoints: readonly JsonForm[]): JsonForm => ({
    name: 'e',
    exponentialHistogram: { aggregationTemporality: 1, dataPoints },
  });
  const good = { count: '3', bucketCounts: ['1', '2'], explicitBounds: [0.5] };

  it.each([
    [
      'too few bounds',
      histogram({ bucketCounts: ['1', '2', '3'], explicitBounds: [1] }),
      '3 bucket counts need 2 bounds, not 1',
    ],
    [
      'too many bounds',
      histogram({ bucketCounts: ['1'], explicitBounds: [1] }),
      '1 bucket counts need 0 bounds, not 1',
    ],
    ['bounds without buckets', histogram({ explicitBounds: [1] }), '0 bucket counts need 0 bounds, not 1'],
    [
      'falling bounds',
      histogram({ bucketCounts: ['1', '2', '3'], explicitBounds: [2, 1] }),
      'their bounds do not rise strictly',
    ],
    [
      'equal bounds',
      histogram({ bucketCounts: ['1', '2', '3'], explicitBounds: [1, 1] }),
      'their bounds do not rise strictly',
    ],
    [
      'a bound of NaN',
      histogram({ bucketCounts: ['1', '2'], explicitBounds: ['NaN'] }),
      'their bounds do not rise strictly',
    ],
    ['a count of 2^53', histogram({ count: '9007199254740992' }), 'a count is above 2^53 - 1'],
    [
      'a bucket of 2^64 - 1',
      histogram({ bucketCounts: ['18446744073709551615'] }),
      'a count is above 2^53 - 1',
    ],
    [
      'too many buckets',
      exponential({ positive: { bucketCounts: Array(MAX_BUCKETS + 1).fill('0') } }),
      `they have more than ${MAX_BUCKETS} buckets`,
    ],
    ['a zero count of 2^53', exponential({ zeroCount: '9007199254740992' }), 'a count is above 2^53 - 1'],
    [
      'a negative bucket of 2^53',
      exponential({ negative: { bucketCounts: ['9007199254740992'] } }),
      'a count is above 2^53 - 1',
    ],
    [
      'a bucket beyond all doubles',
      exponential({ count: '1', scale: 20, positive: { offset: 1073741823, bucketCounts: ['1'] } }),
      'their last bucket ends beyond the largest double',
    ],
    ['a scale above 20', exponential({ scale: 21 }), 'their scale is not from -10 to 20'],
    ['a scale below -10', exponential({ scale: -11 }), 'their scale is not from -10 to 20'],
    [
      'exponential buckets that hold more than the count',
      exponential({ count: '1', zeroCount: '1', positive: { bucketCounts: ['1'] } }),
      'their bucket counts do not add up to their count',
    ],
    [
      'explicit buckets that hold more than the count',
      histogram({ count: '1', bucketCounts: ['1', '5000'], explicitBounds: [1] }),
      'their bucket counts do not add up to their count',
    ],
    [
      'an infinite bound',
      histogram({ bucketCounts: ['0', '0'], explicitBounds: ['Infinity'] }),
      'a bound is infinite; the last bucket has none',
    ],
    [
      'a summary count of 2^53',
      { name: 's', summary: { dataPoints: [{ count: '9007199254740992' }] } },
      'a count is above 2^53 - 1',
    ],
    [
      'no value',
      { name: 'g', gauge: { dataPoints: [{ timeUnixNano: '1' }] } },
      'they have neither a value nor the flag "no recorded value"',
    ],
    [
      'an unknown temporality',
      { name: 'c', sum: { aggregationTemporality: 3, dataPoints: [{ asInt: '1' }] } },
      'their aggregation temporality is neither delta (1) nor cumulative (2)',
    ],
  ])('refuses %s and keeps the others', (_what, bad, reason) => {
    const { rows, rejection } = metrics(histogram(good), bad);
    expect(rejection).toEqual({ count: 1, message: `1 data points refused: 1 because ${reason}.` });
    expect(rows.map((row) => row.name)).toEqual(['h']);
  });

  it('keeps the good points of a metric with bad ones', () => {
    const { rows, rejection } = metrics(histogram(good, { explicitBounds: [1] }, good));
    expect(rows[0]?.points).toHaveLength(2);
    expect(rejection?.count).toBe(1);
  });

  it('takes the last good values', () => {
    const edge = [
      histogram({ count: '9007199254740991' }),
      histogram({ count: '1', bucketCounts: ['1'] }),
      exponential({
        count: '2',
        scale: 20,
        positive: { offset: 1073741822, bucketCounts: ['1'] },
        negative: { offset: -2147483648, bucketCounts: ['1'] },
      }),
      exponential({ scale: -10 }),
      exponential({ scale: 10, positive: { bucketCounts: Array(MAX_BUCKETS).fill('0') } }),
      { name: 'stale', gauge: { dataPoints: [{ flags: 1 }] } },
    ];
    const { rows, rejection } = metrics(...edge);
    expect(rejection).toBeUndefined();
    expect(rows).toHaveLength(edge.length);
    expect(rows.at(-1)?.points[0]).toMatchObject({ value: 0, flags: 1 });
  });

  it('leaves nothing of a metric without points or of an unknown kind', () => {
    expect(metrics({ name: 'x' }, { name: 'y', gauge: {} })).toEqual({ rows: [], rejection: undefined });
  });

  it('keeps an exemplar whose ids are wrong without them, and drops one without value', () => {
    const exemplars = [
      { asInt: '5', traceId: '01', spanId: SPAN_ID },
      { asDouble: 0.5, traceId: TRACE_ID, spanId: SPAN_ID },
      { traceId: TRACE_ID },
    ];
    const { rows } = metrics({
      name: 'c',
      sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ asInt: '1', exemplars }] },
    });
    expect(rows[0]).toMatchObject({ type: 'sum', temporality: 2, isMonotonic: true });
    expect(rows[0]?.points[0]).toMatchObject({
      value: 1,
      exemplars: [
        { value: 5, traceId: '', spanId: '' },
        { value: 0.5, traceId: TRACE_ID, spanId: SPAN_ID },
      ],
    });
  });
});
