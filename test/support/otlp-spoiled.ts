import fc from 'fast-check';
import type { JsonForm } from './otlp-encoder.js';
import { nestedValue, SPAN_ID, TRACE_ID } from './otlp-forms.js';

/** A record that a request may hold, and whether the receiver has to refuse it. */
export interface Candidate {
  readonly bad: boolean;
  /** In OTLP/JSON form, and without name. */
  readonly record: JsonForm;
}

type Fields = fc.Arbitrary<JsonForm>;

/** Ids of every length but the right one. */
const wrongId = (bytes: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .filter(({ length }) => length !== bytes)
    .map((id) => Buffer.from(id).toString('hex'));

/** What a decoder must keep or spell, and never choke on. In JSON, NaN and infinities are texts. */
const oddDouble = fc.constantFrom('NaN', 'Infinity', '-Infinity', 0, -1.5, 5e-324, Number.MAX_VALUE);
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('\0', '\ud800', "'; DROP TABLE otel_traces; --", '{name:String}', '\\N', '\t\r\n"\\'),
);
const oddAttributes = fc.array(
  fc.record({
    key: oddText,
    value: fc.oneof(
      oddText.map((stringValue): JsonForm => ({ stringValue })),
      oddDouble.map((doubleValue): JsonForm => ({ doubleValue })),
      fc.nat(30).map((levels) => nestedValue(levels)),
    ),
  }),
  { maxLength: 3 },
);

function candidates(base: JsonForm, good: Fields, bad: Fields): fc.Arbitrary<Candidate> {
  const made = (fields: Fields, isBad: boolean): fc.Arbitrary<Candidate> =>
    fc
      .tuple(oddAttributes, fields)
      .map(([attributes, own]) => ({ bad: isBad, record: { ...base, attributes, ...own } }));
  return fc.oneof(made(good, false), made(bad, true));
}

const NOW = `${Date.now()}000000`;

export const SPANS: fc.Arbitrary<Candidate> = candidates(
  { traceId: TRACE_ID, spanId: SPAN_ID, startTimeUnixNano: NOW, endTimeUnixNano: NOW },
  fc.record({ traceState: oddText, kind: fc.nat(100), status: fc.record({ message: oddText }) }),
  fc.oneof(
    wrongId(16).map((traceId): JsonForm => ({ traceId })),
    wrongId(8).map((spanId): JsonForm => ({ spanId })),
    wrongId(8).map((parentSpanId): JsonForm => ({ parentSpanId })),
    wrongId(8).map((spanId): JsonForm => ({ links: [{ spanId }] })),
    fc.constantFrom<JsonForm>({ traceId: '' }, { spanId: '00'.repeat(8) }),
  ),
);

export const LOG_RECORDS: fc.Arbitrary<Candidate> = candidates(
  { timeUnixNano: NOW },
  fc.record({
    severityText: oddText,
    severityNumber: fc.nat(1000),
    body: fc.record({ stringValue: oddText }),
  }),
  fc.oneof(
    wrongId(16).map((traceId): JsonForm => ({ traceId })),
    wrongId(8).map((spanId): JsonForm => ({ spanId })),
  ),
);

const BEYOND = '9007199254740992';
const oddSum = fc.record({ sum: oddDouble, min: oddDouble, max: oddDouble });

/** Metrics of one point each, so that a metric's name is its point's. */
const points = (data: (point: JsonForm) => JsonForm, good: Fields, bad: Fields): fc.Arbitrary<Candidate> =>
  candidates({ startTimeUnixNano: NOW, timeUnixNano: NOW }, good, bad).map(({ bad: isBad, record }) => ({
    bad: isBad,
    record: data(record),
  }));
const cumulative = (point: JsonForm): JsonForm => ({ aggregationTemporality: 2, dataPoints: [point] });

export const METRICS: fc.Arbitrary<Candidate> = fc.oneof(
  points(
    (point) => ({ gauge: { dataPoints: [point] } }),
    oddDouble.map((asDouble) => ({ asDouble })),
    fc.constant({}),
  ),
  points(
    (point) => ({ sum: cumulative(point) }),
    oddDouble.map((asDouble) => ({ asDouble })),
    fc.constant({}),
  ),
  points(
    (point) => ({ histogram: cumulative(point) }),
    oddSum.map((sum) => ({ ...sum, count: '3', bucketCounts: ['1', '2'], explicitBounds: [0.5] })),
    fc.constantFrom<JsonForm>(
      { count: '3', bucketCounts: ['1', '2', '0'], explicitBounds: [0.5] },
      { count: '3', bucketCounts: ['1', '2'], explicitBounds: [0.5, 1] },
      { count: '4', bucketCounts: ['1', '2'], explicitBounds: [0.5] },
      { count: '3', bucketCounts: ['1', '2'], explicitBounds: ['NaN'] },
      { count: '3', bucketCounts: ['1', '1', '1'], explicitBounds: [1, 0.5] },
      { count: '3', bucketCounts: ['1', '2'], explicitBounds: ['Infinity'] },
      { count: BEYOND },
    ),
  ),
  points(
    (point) => ({ exponentialHistogram: cumulative(point) }),
    oddSum.map((sum) => ({
      ...sum,
      count: '3',
      zeroCount: '1',
      scale: 3,
      positive: { offset: -9, bucketCounts: ['2'] },
    })),
    fc.constantFrom<JsonForm>(
      { count: '3', zeroCount: '1', positive: { bucketCounts: ['1'] } },
      { count: '1', scale: 21, zeroCount: '1' },
      { count: '1', scale: -11, zeroCount: '1' },
      { count: '1', scale: 20, positive: { offset: 2 ** 31 - 1, bucketCounts: ['1'] } },
      { count: BEYOND, zeroCount: BEYOND },
      { count: '20000', positive: { bucketCounts: Array(20_000).fill('1') } },
    ),
  ),
  points(
    (point) => ({ summary: { dataPoints: [point] } }),
    oddDouble.map((value) => ({ count: '1', sum: value, quantileValues: [{ quantile: 0.5, value }] })),
    fc.constant({ count: BEYOND }),
  ),
);

/** What is put in the place of any field of a request. Texts are those that some JSON writer takes for a number. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  '-1',
  '1e999',
  'NaN',
  '18446744073709551616',
  '0x10',
  '\ud800\0',
  'x'.repeat(10_000),
  [],
  [[]],
  [null],
  {},
  { value: {} },
  nestedValue(31),
  nestedValue(1_000),
];

/** The request with an odd value in one place, or without that place. */
export function spoil(form: JsonForm, where: number, what: number): JsonForm {
  const copy = structuredClone(form);
  const places: (() => void)[] = [];
  const visit = (owner: Record<string, unknown>): void => {
    for (const key of Object.keys(owner)) {
      places.push(() => {
        const value = ODD_VALUES[what % (ODD_VALUES.length + 1)];
        if (value === undefined) delete owner[key];
        else owner[key] = value;
      });
      const inner = owner[key];
      if (typeof inner === 'object' && inner !== null) visit(inner as Record<string, unknown>);
    }
  };
  visit(copy);
  places[where % Math.max(1, places.length)]?.();
  return copy;
}
