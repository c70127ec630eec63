import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  decodeLogs,
  decodeLogsJson,
  decodeMetrics,
  decodeMetricsJson,
  decodeTraces,
  decodeTracesJson,
} from '../../src/otlp/index.js';
import { logRequests, metricRequests, traceRequests } from '../support/otlp-arbitraries.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { plain } from '../support/otlp-plain.js';

interface Pair {
  readonly request: string;
  readonly arbitrary: fc.Arbitrary<JsonForm>;
  readonly fromProtobuf: (body: Uint8Array) => Batch<unknown>;
  readonly fromJson: (body: Uint8Array) => Batch<unknown>;
}

const PAIRS: readonly Pair[] = [
  {
    request: 'ExportTraceServiceRequest',
    arbitrary: traceRequests,
    fromProtobuf: decodeTraces,
    fromJson: decodeTracesJson,
  },
  {
    request: 'ExportLogsServiceRequest',
    arbitrary: logRequests,
    fromProtobuf: decodeLogs,
    fromJson: decodeLogsJson,
  },
  {
    request: 'ExportMetricsServiceRequest',
    arbitrary: metricRequests,
    fromProtobuf: decodeMetrics,
    fromJson: decodeMetricsJson,
  },
];

const toJson = (form: JsonForm): Buffer => Buffer.from(JSON.stringify(form));

describe.each(PAIRS)('$request', ({ request, arbitrary, fromProtobuf, fromJson }) => {
  it('decodes to the same rows and refusals from protobuf and from JSON', () => {
    let rows = 0;
    let refused = 0;
    fc.assert(
      fc.property(arbitrary, (form) => {
        const batch = fromProtobuf(encodeMessage(request, form));
        rows += batch.rows.length;
        refused += batch.rejection?.count ?? 0;
        expect(plain(batch)).toEqual(fromJson(toJson(form)));
      }),
      { numRuns: 400 },
    );
    // A property over empty batches would prove nothing.
    expect(rows).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(20);
  });

  it('does not depend on the order of fields, on packing, or on unknown fields', () => {
    fc.assert(
      fc.property(arbitrary, fc.boolean(), fc.boolean(), fc.boolean(), (form, reverse, unpacked, unknown) => {
        const usual = fromProtobuf(encodeMessage(request, form));
        const other = fromProtobuf(encodeMessage(request, form, { reverse, unpacked, unknown }));
        expect(plain(other)).toEqual(plain(usual));
      }),
      { numRuns: 200 },
    );
  });

  it('refuses a message cut anywhere with the coded error, or decodes what is whole', () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(arbitrary, (form) => {
        for (const [body, decode] of [
          [encodeMessage(request, form), fromProtobuf],
          [toJson(form), fromJson],
        ] as const) {
          for (let length = 0; length < body.length; length++)
            outcomes.add(outcome(decode, body.subarray(0, length)));
        }
      }),
      { numRuns: 10 },
    );
    // JSON cut is always malformed; ten small forms in a row may leave no part of protobuf that is whole.
    expect([...outcomes].filter((code) => !['decoded', 'malformed'].includes(code))).toEqual([]);
    expect(outcomes).toContain('malformed');
  });

  it('survives random bytes and random damage', () => {
    const outcomes = new Set<string>();
    const seed = fc.tuple(arbitrary, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(seed, fc.uint8Array({ maxLength: 200 }), ([form, where, damage], noise) => {
        const whole = encodeMessage(request, form);
        const body = Buffer.concat([whole, Buffer.alloc(8)]);
        body.set(damage, where % (whole.length + 1));
        for (const bytes of [body, noise, Buffer.concat([Buffer.from([0x0a, noise.length & 0x7f]), noise])]) {
          outcomes.add(outcome(fromProtobuf, bytes));
          outcomes.add(outcome(fromJson, bytes));
        }
      }),
      { numRuns: 300 },
    );
    expect([...outcomes].filter((code) => !['decoded', 'malformed', 'too-deep'].includes(code))).toEqual([]);
    expect(outcomes).toContain('malformed');
  });
});

function outcome(decode: (body: Uint8Array) => Batch<unknown>, body: Uint8Array): string {
  try {
    decode(body);
    return 'decoded';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    return String(error);
  }
}
