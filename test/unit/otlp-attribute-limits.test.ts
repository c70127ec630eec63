import { describe, expect, it } from 'vitest';
import {
  type Batch,
  decodeLogs,
  decodeLogsJson,
  decodeMetrics,
  decodeMetricsJson,
  decodeTraces,
  decodeTracesJson,
  type Metric,
} from '../../src/otlp/index.js';
import { MAX_ATTRIBUTES, MAX_ATTRIBUTES_BYTES } from '../../src/otlp/limits.js';
import { delimited, encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { logForm, metricForm, SPAN_ID, spanForm, TRACE_ID, traceForm } from '../support/otlp-forms.js';

const attributes = (count: number): JsonForm[] =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: { intValue: '1' } }));
/** One attribute; with its quotes the text in the row is some bytes longer. */
const large = (bytes: number): JsonForm[] => [{ key: 'k', value: { stringValue: 'v'.repeat(bytes - 1) } }];

interface Case {
  readonly request: string;
  readonly form: (attributes: JsonForm[]) => JsonForm;
  readonly protobuf: (body: Uint8Array) => Batch<unknown>;
  readonly json: (body: Uint8Array) => Batch<unknown>;
}

const trace = (form: Case['form']): Case => ({
  request: 'ExportTraceServiceRequest',
  form: (list) => traceForm(spanForm(form(list)), spanForm()),
  protobuf: decodeTraces,
  json: decodeTracesJson,
});
const metric = (field: string, rest: JsonForm = {}): Case => ({
  request: 'ExportMetricsServiceRequest',
  form: (list) =>
    metricForm({ name: 'm', [field]: { dataPoints: [{ attributes: list, ...rest }, { ...rest }] } }),
  protobuf: decodeMetrics,
  json: decodeMetricsJson,
});

const SPAN = trace((list) => ({ attributes: list }));
const GAUGE = metric('gauge', { asInt: '1' });
const LOG_RECORD: Case = {
  request: 'ExportLogsServiceRequest',
  form: (list) => logForm({ attributes: list }, {}),
  protobuf: decodeLogs,
  json: decodeLogsJson,
};

const CASES: Readonly<Record<string, Case>> = {
  span: SPAN,
  event: trace((list) => ({ events: [{ attributes: list }] })),
  link: trace((list) => ({ links: [{ traceId: TRACE_ID, spanId: SPAN_ID, attributes: list }] })),
  'log record': LOG_RECORD,
  gauge: GAUGE,
  sum: metric('sum', { asInt: '1' }),
  histogram: metric('histogram', { count: '0' }),
  'exponential histogram': metric('exponentialHistogram', { count: '0' }),
  summary: metric('summary', { count: '0' }),
};

function decodeBoth({ request, form, protobuf, json }: Case, list: JsonForm[]): Batch<unknown>[] {
  const whole = form(list);
  return [protobuf(encodeMessage(request, whole)), json(Buffer.from(JSON.stringify(whole)))];
}

/** Records, or points of metrics. */
const count = ({ rows }: Batch<unknown>): number =>
  (rows as (Metric | object)[]).reduce((sum, row) => sum + ('points' in row ? row.points.length : 1), 0);

describe.each(Object.entries(CASES))('%s', (_name, subject) => {
  it('may have so many attributes, and with one more is refused alone', () => {
    for (const batch of decodeBoth(subject, attributes(MAX_ATTRIBUTES))) {
      expect([count(batch), batch.rejection]).toEqual([2, undefined]);
    }
    for (const batch of decodeBoth(subject, attributes(MAX_ATTRIBUTES + 1))) {
      expect(count(batch)).toBe(1);
      expect(batch.rejection).toEqual({
        count: 1,
        message: expect.stringMatching(/has more than 1024 attributes\.$/),
      });
    }
  });

  it('may have so large attributes, and with more is refused alone', () => {
    // Quotes and braces of the row's text: `{'k':'...'}`.
    for (const batch of decodeBoth(subject, large(MAX_ATTRIBUTES_BYTES - 10))) {
      expect([count(batch), batch.rejection]).toEqual([2, undefined]);
    }
    for (const batch of decodeBoth(subject, large(MAX_ATTRIBUTES_BYTES + 1))) {
      expect(count(batch)).toBe(1);
      expect(batch.rejection?.message).toMatch(/has attributes of more than 1048576 bytes\.$/);
    }
  });
});

it('an exemplar beyond the limit is left out, and its point kept', () => {
  const exemplar = (n: number): JsonForm => ({ asDouble: 1, filteredAttributes: attributes(n) });
  const subject = metric('gauge', {
    asInt: '1',
    exemplars: [exemplar(MAX_ATTRIBUTES), exemplar(MAX_ATTRIBUTES + 1)],
  });
  for (const batch of decodeBoth(subject, [])) {
    expect([count(batch), batch.rejection]).toEqual([2, undefined]);
    const [first] = batch.rows as Metric[];
    expect(first?.type === 'gauge' ? first.points.map(({ exemplars }) => exemplars.length) : []).toEqual([
      1, 1,
    ]);
  }
});

/** One record under a resource and a scope, and one under others without attributes. */
type Owned = (resource: JsonForm, scope: JsonForm) => JsonForm;

const owned =
  (resources: string, scopes: string, records: string, record: JsonForm): Owned =>
  (resource, scope) => ({
    [resources]: [
      { resource, [scopes]: [{ scope, [records]: [record] }] },
      { [scopes]: [{ [records]: [record] }] },
    ],
  });

const OWNERS: Readonly<Record<string, Case>> = Object.fromEntries(
  (
    [
      ['spans', SPAN, owned('resourceSpans', 'scopeSpans', 'spans', spanForm())],
      ['log records', LOG_RECORD, owned('resourceLogs', 'scopeLogs', 'logRecords', {})],
      [
        'data points',
        GAUGE,
        owned('resourceMetrics', 'scopeMetrics', 'metrics', {
          name: 'm',
          gauge: { dataPoints: [{ asInt: '1' }] },
        }),
      ],
    ] as const
  ).flatMap(([records, subject, form]) => [
    [
      `the resource of ${records}`,
      { ...subject, form: (list: JsonForm[]) => form({ attributes: list }, {}) },
    ],
    [`the scope of ${records}`, { ...subject, form: (list: JsonForm[]) => form({}, { attributes: list }) }],
  ]),
);

describe.each(Object.entries(OWNERS))('%s', (name, subject) => {
  const whose = `its ${name.split(' ')[1]} has`;

  it('may have so many attributes, and with one more all under it is refused', () => {
    for (const batch of decodeBoth(subject, attributes(MAX_ATTRIBUTES))) {
      expect([count(batch), batch.rejection]).toEqual([2, undefined]);
    }
    for (const batch of decodeBoth(subject, attributes(MAX_ATTRIBUTES + 1))) {
      expect(count(batch)).toBe(1);
      expect(batch.rejection).toEqual({
        count: 1,
        message: expect.stringContaining(`1 because ${whose} more than 1024 attributes.`),
      });
    }
  });

  it('may have so large attributes, and with more all under it is refused', () => {
    for (const batch of decodeBoth(subject, large(MAX_ATTRIBUTES_BYTES))) {
      expect([count(batch), batch.rejection]).toEqual([2, undefined]);
    }
    for (const batch of decodeBoth(subject, large(MAX_ATTRIBUTES_BYTES + 1))) {
      expect(count(batch)).toBe(1);
      expect(batch.rejection?.message).toContain(`${whose} attributes of more than 1048576 bytes.`);
    }
  });
});

it('a resource in parts, after its records, is counted as one', () => {
  const part = (count: number) => encodeMessage('Resource', { attributes: attributes(count) });
  const spans = encodeMessage('ScopeSpans', { spans: [spanForm(), spanForm()] });
  const group = (counts: readonly number[]): Buffer =>
    delimited(1, Buffer.concat([delimited(2, spans), ...counts.map((count) => delimited(1, part(count)))]));
  expect(decodeTraces(group([1, MAX_ATTRIBUTES - 1])).rows).toHaveLength(2);
  for (const counts of [
    [2, MAX_ATTRIBUTES - 1],
    [MAX_ATTRIBUTES + 1, 1],
  ]) {
    const { rows, rejection } = decodeTraces(group(counts));
    expect([rows, rejection?.count]).toEqual([[], 2]);
  }
});
