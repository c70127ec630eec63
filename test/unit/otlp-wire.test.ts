import { describe, expect, it } from 'vitest';
import { decodeLogs, decodeTraces, isOtlpDecodeError } from '../../src/otlp/index.js';
import { MAX_MESSAGE_DEPTH, MAX_MESSAGES, MAX_VALUE_DEPTH } from '../../src/otlp/limits.js';
import { WireReader } from '../../src/otlp/wire.js';
import { delimited, encodeMessage, varint } from '../support/otlp-encoder.js';
import { nestedValue, spanForm, traceForm } from '../support/otlp-forms.js';
import { plain } from '../support/otlp-plain.js';

/** The code and message of what `run` throws. */
function failure(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (isOtlpDecodeError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected an error, got none');
}

function reader(...parts: readonly Uint8Array[]): WireReader {
  const result = new WireReader(Buffer.concat(parts));
  result.next();
  return result;
}

const tag = (field: number, type: number): Buffer => varint(BigInt(field * 8 + type));
/** The number in this many bytes, with needless continuation. */
const longVarint = (bytes: number): Buffer => Buffer.from([...Array<number>(bytes - 1).fill(0x80), 0x01]);

describe('varints', () => {
  it.each([
    0n,
    1n,
    127n,
    128n,
    2n ** 28n - 1n,
    2n ** 28n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 35n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -1n,
    -(2n ** 63n),
  ])('reads the int64 %s exactly', (value) => {
    expect(reader(tag(1, 0), varint(value)).int64Text()).toBe(String(value));
  });

  it('takes ten bytes, and refuses eleven and a tenth that overflows', () => {
    expect(reader(tag(1, 0), longVarint(10)).int64Text()).toBe(String(-(2n ** 63n)));
    expect(failure(() => reader(tag(1, 0), longVarint(11)).int64Text()).message).toContain(
      'varint of at most 64 bits',
    );
    const overflow = Buffer.from([...Array<number>(9).fill(0xff), 0x02]);
    expect(failure(() => reader(tag(1, 0), overflow).int64Text()).code).toBe('malformed');
    expect(failure(() => reader(longVarint(11))).code).toBe('malformed');
  });

  it('reads zigzag and negative enums', () => {
    for (const [raw, value] of [
      [0n, 0],
      [1n, -1],
      [2n, 1],
      [4294967295n, -2147483648],
    ] as const) {
      expect(reader(tag(1, 0), varint(raw)).sint32()).toBe(value);
    }
    expect(reader(tag(1, 0), varint(-2n)).int32()).toBe(-2);
  });
});

describe('bounds', () => {
  it.each([
    ['a length beyond the body', delimited(1, Buffer.alloc(4)).subarray(0, 5)],
    ['a length of 2^40', Buffer.concat([tag(1, 2), varint(2n ** 40n)])],
    ['a length of 2^64 - 1', Buffer.concat([tag(1, 2), varint(2n ** 64n - 1n)])],
    ['a nested length beyond its message', delimited(1, Buffer.concat([tag(2, 2), varint(9n)]))],
    [
      'a nested length that would fit the body only',
      Buffer.concat([delimited(1, Buffer.from([0x12, 9])), Buffer.alloc(20)]),
    ],
    ['a cut fixed64', delimited(1, delimited(2, delimited(2, Buffer.concat([tag(7, 1), Buffer.alloc(7)]))))],
    ['packed doubles that are not whole', delimited(1, delimited(2, delimited(2, Buffer.from([0x12]))))],
    ['field number 0', Buffer.from([0x02, 0x00])],
    ['a group', Buffer.from([0x0b, 0x0c])],
    ['an unknown group', Buffer.concat([tag(500, 3), tag(500, 4)])],
    ['wire type 6', Buffer.concat([tag(500, 6)])],
    ['wire type 7', Buffer.concat([tag(500, 7)])],
    ['a known field of another wire type', Buffer.concat([tag(1, 0), varint(1n)])],
  ])('refuses %s', (_what, body) => {
    const { code, message } = failure(() => decodeTraces(body));
    expect(code).toBe('malformed');
    expect(message).toMatch(/^Malformed protobuf at byte \d+: expected .+, got .+\. Check that the body is /);
  });

  it('refuses packed doubles whose length is no multiple of 8', () => {
    expect(failure(() => reader(delimited(1, Buffer.alloc(12))).doubles([])).message).toContain('12 bytes');
  });

  it('ends a value where its message ends, though the body goes on with what would fit', () => {
    const outer = reader(delimited(1, Buffer.from([0x0a, 9])), Buffer.from('aaaaaaaaa'));
    const readText = (inner: WireReader): string => (inner.next() ? inner.string() : '');
    expect(failure(() => outer.message(readText, undefined)).message).toContain(
      'expected 9 bytes in field 1, got 0 before its message ends',
    );
  });

  it('tells another wire type from a short value', () => {
    const spelled = reader(tag(1, 0), Buffer.from([1, 0x61]));
    expect(failure(() => spelled.string()).message).toContain(
      'expected field 1 as length-delimited, got varint',
    );
  });

  it('reads a view into a larger buffer within its own bounds', () => {
    const whole = Buffer.concat([
      Buffer.alloc(3, 0xff),
      encodeMessage('ExportTraceServiceRequest', traceForm(spanForm())),
      Buffer.alloc(3, 0xff),
    ]);
    expect(decodeTraces(whole.subarray(3, -3)).rows).toHaveLength(1);
  });

  it('takes an empty body as an empty request', () => {
    expect(decodeTraces(Buffer.alloc(0))).toEqual({ rows: [], rejection: undefined });
  });
});

describe('nesting', () => {
  const request = (levels: number, kind: 'array' | 'map'): Buffer =>
    encodeMessage(
      'ExportTraceServiceRequest',
      traceForm(spanForm({ events: [{ attributes: [{ key: 'a', value: nestedValue(levels, kind) }] }] })),
    );

  it.each(['array', 'map'] as const)(
    'takes the deepest allowed %s in the deepest place, and refuses one more',
    (kind) => {
      expect(decodeTraces(request(MAX_VALUE_DEPTH, kind)).rows).toHaveLength(1);
      expect(failure(() => decodeTraces(request(MAX_VALUE_DEPTH + 1, kind)))).toMatchObject({
        code: 'too-deep',
        message: expect.stringContaining(`at most ${MAX_VALUE_DEPTH}`),
      });
    },
  );

  it('refuses a value nested 10,000 deep, and passes over it in an unknown field', () => {
    let value: Buffer = Buffer.alloc(0);
    for (let level = 0; level < 10_000; level++) value = delimited(5, delimited(1, value));
    const log = delimited(1, delimited(2, delimited(2, delimited(5, value))));
    expect(failure(() => decodeLogs(log)).code).toBe('too-deep');
    expect(decodeLogs(delimited(900, value)).rows).toEqual([]);
  });

  it('caps nested messages in general', () => {
    const descend = (inner: WireReader, left: number): void => {
      inner.next();
      if (left > 0) inner.message(descend, left - 1);
    };
    let body: Buffer = Buffer.alloc(0);
    for (let level = 0; level < 200; level++) body = delimited(1, body);
    descend(new WireReader(body), MAX_MESSAGE_DEPTH);
    expect(failure(() => descend(new WireReader(body), MAX_MESSAGE_DEPTH + 1)).code).toBe('too-deep');
  });

  it('caps the number of messages', () => {
    const empties = (count: number): Buffer =>
      delimited(1, delimited(2, Buffer.alloc(count * 2, Buffer.from([0x12, 0]))));
    expect(decodeTraces(empties(MAX_MESSAGES - 2)).rejection?.count).toBe(MAX_MESSAGES - 2);
    expect(failure(() => decodeTraces(empties(MAX_MESSAGES - 1)))).toMatchObject({ code: 'too-many' });
  });
});

describe('text', () => {
  it('replaces invalid UTF-8 instead of refusing the batch', () => {
    const cut = Buffer.from('née').subarray(0, 2);
    const span = Buffer.concat([
      encodeMessage('Span', spanForm({})),
      delimited(5, Buffer.concat([cut, Buffer.from('!')])),
      delimited(
        9,
        Buffer.concat([
          delimited(1, Buffer.from('k')),
          delimited(2, delimited(1, Buffer.from([0xff, 0x41]))),
        ]),
      ),
    ]);
    const [row] = decodeTraces(delimited(1, delimited(2, delimited(2, span)))).rows;
    expect(row?.name).toBe('n\ufffd!');
    expect(plain(row)?.attributes).toEqual({ k: '\ufffdA' });
  });
});
