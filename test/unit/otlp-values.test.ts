import { describe, expect, it } from 'vitest';
import { decodeLogs, decodeLogsJson, decodeTraces, decodeTracesJson } from '../../src/otlp/index.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { bodyForm, spanForm, traceForm } from '../support/otlp-forms.js';
import { plain } from '../support/otlp-plain.js';

/** The value as a log body's text, from protobuf and from JSON; they must agree. */
function textOf(value: JsonForm): string {
  const form = bodyForm(value);
  const [fromProtobuf] = decodeLogs(encodeMessage('ExportLogsServiceRequest', form)).rows;
  const [fromJson] = decodeLogsJson(Buffer.from(JSON.stringify(form))).rows;
  expect(fromJson?.body).toBe(fromProtobuf?.body);
  return fromProtobuf?.body ?? 'no row';
}

const array = (...values: readonly JsonForm[]): JsonForm => ({ arrayValue: { values } });
const map = (...entries: readonly (readonly [string, JsonForm])[]): JsonForm => ({
  kvlistValue: { values: entries.map(([key, value]) => ({ key, value })) },
});
const string = (stringValue: string): JsonForm => ({ stringValue });
const double = (doubleValue: number | string): JsonForm => ({ doubleValue });

/** The right-hand sides are what Go's pcommon.Value.AsString gives (pdata 1.70). */
describe('a value as text', () => {
  it.each<[string, JsonForm, string]>([
    ['nothing', {}, ''],
    ['a text as it is', string('<b>"né"\n😀</b>'), '<b>"né"\n😀</b>'],
    ['true', { boolValue: true }, 'true'],
    ['false', { boolValue: false }, 'false'],
    ['zero', { intValue: '0' }, '0'],
    ['an int beyond 2^53', { intValue: '9007199254740993' }, '9007199254740993'],
    ['the lowest int', { intValue: '-9223372036854775808' }, '-9223372036854775808'],
    ['a double', double(1.5), '1.5'],
    ['a whole double', double(100), '100'],
    ['minus zero', double('-0'), '-0'],
    ['the largest plain double', double(123456789012345680000), '123456789012345680000'],
    ['a large double', double(1e21), '1e+21'],
    ['the smallest plain double', double(0.000001), '0.000001'],
    ['a small double', double(1e-7), '1e-7'],
    ['NaN', double('NaN'), 'NaN'],
    ['infinity', double('Infinity'), 'Infinity'],
    ['minus infinity', double('-Infinity'), '-Infinity'],
    ['bytes', { bytesValue: '+/8=' }, '+/8='],
    ['no bytes', { bytesValue: '' }, ''],
    ['an empty array', array(), '[]'],
    ['an empty map', map(), '{}'],
    [
      'a mixed array',
      array(string('a'), { intValue: '1' }, { boolValue: true }, double(0.5), {}),
      '["a",1,true,0.5,null]',
    ],
    ['bytes in an array', array({ bytesValue: '+/8=' }), '["+/8="]'],
    ['an int beyond 2^53 in an array', array({ intValue: '9007199254740993' }), '[9007199254740993]'],
    [
      'a map by sorted keys',
      map(['b', string('2')], ['10', string('x')], ['a', array()]),
      '{"10":"x","a":[],"b":"2"}',
    ],
    ['keys sorted as UTF-8', map(['\u{1f600}', {}], ['\uff5e', {}]), '{"\uff5e":null,"\u{1f600}":null}'],
    ['the last of equal keys', map(['a', string('1')], ['a', string('2')]), '{"a":"2"}'],
    ['__proto__ as a key of a map', map(['__proto__', string('x')]), '{"__proto__":"x"}'],
    ['no HTML escapes', array(string('<&>')), '["<&>"]'],
    [
      'control characters',
      array(string('\b\f\n\r\t\u0001\u007f"\\')),
      '["\\b\\f\\n\\r\\t\\u0001\u007f\\"\\\\"]',
    ],
    ['line separators', array(string('\u2028\u2029')), '["\\u2028\\u2029"]'],
  ])('%s', (_what, value, text) => {
    expect(textOf(value)).toBe(text);
  });

  it('keeps NaN and infinities in an array, where Go loses the whole value', () => {
    expect(textOf(array(double('NaN'), double('-Infinity'), double(1)))).toBe('["NaN","-Infinity",1]');
  });
});

describe('attributes', () => {
  it('keep a key named __proto__', () => {
    const form = traceForm(
      spanForm({
        attributes: [
          { key: '__proto__', value: string('x') },
          { key: 'a', value: string('y') },
        ],
      }),
    );
    const bodies = [
      decodeTraces(encodeMessage('ExportTraceServiceRequest', form)),
      decodeTracesJson(Buffer.from(JSON.stringify(form))),
    ];
    for (const { rows } of bodies.map(plain)) {
      expect(Object.entries(rows[0]?.attributes ?? {})).toEqual([
        ['__proto__', 'x'],
        ['a', 'y'],
      ]);
    }
  });

  it('share one frozen object where there are none, so that nobody writes into another record', () => {
    const form = traceForm(spanForm(), spanForm());
    const { rows } = decodeTraces(encodeMessage('ExportTraceServiceRequest', form));
    expect(rows[0]?.attributes).toBe(rows[1]?.attributes);
    expect(Object.isFrozen(rows[0]?.attributes)).toBe(true);
    expect(Object.getPrototypeOf(rows[0]?.attributes)).toBeNull();
  });

  it('share resource and scope by reference, even where they come after the spans', () => {
    const form = {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: string('shop') }] },
          scopeSpans: [{ scope: { name: 'lib' }, spans: [spanForm(), spanForm()] }],
        },
      ],
    };
    for (const reverse of [false, true]) {
      const { rows } = decodeTraces(encodeMessage('ExportTraceServiceRequest', form, { reverse }));
      expect(rows.map((row) => row.resource.attributes['service.name'])).toEqual(['shop', 'shop']);
      expect(rows.map((row) => row.scope.name)).toEqual(['lib', 'lib']);
      expect(rows[0]?.resource).toBe(rows[1]?.resource);
      expect(rows[0]?.scope).toBe(rows[1]?.scope);
    }
  });
});
