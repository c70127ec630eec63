import { describe, expect, it } from 'vitest';
import {
  decodeLogsJson,
  decodeMetricsJson,
  decodeTracesJson,
  isOtlpDecodeError,
} from '../../src/otlp/index.js';
import { JsonMessage } from '../../src/otlp/json/message.js';
import { MAX_MESSAGES, MAX_VALUE_DEPTH } from '../../src/otlp/limits.js';
import {
  bodyForm,
  logForm,
  metricForm,
  nestedValue,
  SPAN_ID,
  spanForm,
  TRACE_ID,
  traceForm,
} from '../support/otlp-forms.js';

const bytes = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isOtlpDecodeError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('expected an error, got none');
}

describe('OTLP/JSON', () => {
  it.each([
    ['not JSON', 'pizza', /Malformed JSON: expected ExportTraceServiceRequest as an object, got .*"pizza"/],
    ['nothing', '', /Malformed JSON/],
    ['an array', [], /ExportTraceServiceRequest to be an object, got an array of 0/],
    ['null', 'null', /got null/],
    [
      'a text for a list',
      { resourceSpans: 'x' },
      /ExportTraceServiceRequest\.resourceSpans to be an array, got the string "x"/,
    ],
    [
      'a number in a list',
      { resourceSpans: [1] },
      /ExportTraceServiceRequest\.resourceSpans\[\] to be an object, got the number 1/,
    ],
    [
      'a number for a name',
      traceForm(spanForm({ name: 5 })),
      /spans\[\]\.name to be a string, got the number 5/,
    ],
    [
      'an enum by name',
      traceForm(spanForm({ kind: 'SPAN_KIND_SERVER' })),
      /spans\[\]\.kind to be an integer from .*"SPAN_KIND_SERVER"/,
    ],
    [
      'a negative time',
      traceForm(spanForm({ startTimeUnixNano: '-1' })),
      /startTimeUnixNano to be an unsigned 64-bit integer/,
    ],
    ['a time of 2^64', traceForm(spanForm({ startTimeUnixNano: '18446744073709551616' })), /unsigned 64-bit/],
    ['a time as words', traceForm(spanForm({ startTimeUnixNano: 'now' })), /unsigned 64-bit.*"now"/],
    ['an int of 2^63', bodyForm({ intValue: '9223372036854775808' }), /intValue to be a 64-bit integer/],
    ['half an int', bodyForm({ intValue: 1.5 }), /64-bit integer/],
    ['a bool as text', bodyForm({ boolValue: 'true' }), /boolValue to be true or false/],
    ['bytes that are no base64', bodyForm({ bytesValue: '{}' }), /bytesValue to be base64/],
    ['a double as words', bodyForm({ doubleValue: 'much' }), /doubleValue to be a number/],
  ])('refuses %s', (_what, value, message) => {
    const decode = JSON.stringify(value).includes('resourceLogs') ? decodeLogsJson : decodeTracesJson;
    const text = failure(() => decode(bytes(value)));
    expect(text).toMatch(/^malformed: /);
    expect(text).toMatch(message);
  });

  it('shows no more than a little of what came', () => {
    expect(
      failure(() => decodeTracesJson(bytes(traceForm(spanForm({ kind: 'x'.repeat(100_000) }))))).length,
    ).toBeLessThan(400);
  });

  it('keeps 64-bit integers exact, as text and as number', () => {
    const text = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}",
      "startTimeUnixNano":1732312800123456789,"endTimeUnixNano":"18446744073709551615",
      "attributes":[{"key":"a","value":{"intValue":9007199254740993}},{"key":"b","value":{"intValue": -9223372036854775808}},
        {"key":"c","value":{"intValue":1e+21}},{"key":"d","value":{"doubleValue":12345678901234567890}}]}]}]}]}`;
    const [span] = decodeTracesJson(bytes(text)).rows;
    expect(span?.startTimeUnixNano).toBe(1732312800123456789n);
    expect(span?.endTimeUnixNano).toBe(18446744073709551615n);
    expect({ ...span?.attributes }).toEqual({
      a: '9007199254740993',
      b: '-9223372036854775808',
      c: '1e+21',
      d: '12345678901234567000',
    });
  });

  it('takes ids in any case, null as absent, and ignores unknown and snake_case fields', () => {
    const span = spanForm({
      traceId: TRACE_ID.toUpperCase(),
      name: null,
      status: null,
      attributes: null,
      trace_state: 'x',
      new: [{}],
    });
    const [row] = decodeTracesJson(bytes({ ...traceForm(span), other: 1 })).rows;
    expect(row).toMatchObject({ traceId: TRACE_ID, name: '', statusCode: 0, traceState: '' });
  });

  it('takes base64 of either alphabet, padded or not', () => {
    for (const bytesValue of ['-_8', '+/8=', '-_8=']) {
      expect(decodeLogsJson(bytes(bodyForm({ bytesValue }))).rows[0]?.body).toBe('+/8=');
    }
  });

  it('replaces lone surrogates and invalid UTF-8', () => {
    expect(
      decodeLogsJson(bytes('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"\\ud800!"}]}]}]}'))
        .rows[0]?.severityText,
    ).toBe('\ufffd!');
    const invalid = Buffer.concat([
      bytes('{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"'),
      Buffer.from([0xff]),
      bytes('"}]}]}]}'),
    ]);
    expect(decodeLogsJson(invalid).rows[0]?.severityText).toBe('\ufffd');
  });

  it('caps nesting where protobuf does', () => {
    for (const kind of ['array', 'map'] as const) {
      expect(decodeLogsJson(bytes(bodyForm(nestedValue(MAX_VALUE_DEPTH, kind)))).rows).toHaveLength(1);
      expect(failure(() => decodeLogsJson(bytes(bodyForm(nestedValue(MAX_VALUE_DEPTH + 1, kind)))))).toMatch(
        /^too-deep: /,
      );
    }
    const deep = '{"arrayValue":{"values":['.repeat(10_000) + ']}}'.repeat(10_000);
    const request = (number: string): Buffer =>
      bytes(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":${number},"body":${deep}}]}]}]}`);
    expect(failure(() => decodeLogsJson(request('0')))).toMatch(/^too-deep: /);
    // A long number takes the parser's other, recursive way.
    expect(failure(() => decodeLogsJson(request('1732312800123456789')))).toMatch(/^too-deep: /);
  });

  it('caps the number of objects in one request', () => {
    const budget = { messages: MAX_MESSAGES - 3 };
    const message = new JsonMessage({ spans: [{}, {}] }, 'ScopeSpans', budget);
    expect(message.messages('spans')).toHaveLength(2);
    expect(failure(() => message.messages('spans'))).toMatch(/^too-many: Expected at most 2000000 objects/);
  });

  it('reads the doubles that JSON cannot write, and a point without value as such', () => {
    const points = [
      { asDouble: 'NaN' },
      { asDouble: '-Infinity' },
      { asDouble: '1.5e3' },
      { asDouble: null },
      { asInt: '7' },
    ];
    const { rows, rejection } = decodeMetricsJson(
      bytes(metricForm({ name: 'm', gauge: { dataPoints: points } })),
    );
    expect(rows[0]?.points.map((point) => ('value' in point ? point.value : 'none'))).toEqual([
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      1500,
      7,
    ]);
    expect(rejection?.count).toBe(1);
  });

  it('keeps a log record without any field', () => {
    expect(decodeLogsJson(bytes(logForm({}))).rows).toHaveLength(1);
  });
});
