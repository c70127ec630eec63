import { describe, expect, test } from 'vitest';
import type { Span } from '../../src/otlp/model.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { spanOf } from '../support/spans.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const NOW = T0 + 3600;

const store = temporaryStore();
let traces = 0;

interface Sampled {
  readonly variant: string;
  readonly failed?: boolean;
  readonly traceState?: string;
  readonly attributes?: Record<string, string>;
  readonly service?: string;
}

function spans(flag: string, count: number, { variant, attributes = {}, ...rest }: Sampled): Span[] {
  return Array.from({ length: count }, () => {
    traces += 1;
    const flags = { [`feature_flags.${flag}`]: variant };
    return spanOf({ trace: traces, end: T0 + 60, ...rest, attributes: { ...flags, ...attributes } });
  });
}

async function compare(flag: string, ...sent: Span[][]): Promise<Comparison> {
  expect(await store().sink.spans(sent.flat())).toBeUndefined();
  const parameters = readComparisonParameters(Object.entries({ slow: '250ms' }), NOW);
  return compareFlag(createClickHouseSource(store().query), flag, parameters, NOW);
}

const rate = async (traceState: string, attributes: Record<string, string> = {}): Promise<unknown> => {
  const flag = freshFlag();
  const { evidence } = await compare(flag, spans(flag, 1, { variant: 'on', traceState, attributes }));
  return evidence[0]?.samplingRate;
};

describe('the sampling rate', () => {
  test.each([
    // OpenTelemetry's specification: th:8 is a half, th:c a quarter, th:0 everything.
    ['ot=th:8', 0.5],
    ['ot=th:c', 0.25],
    ['ot=th:0', 1],
    ['rojo=00f067aa0ba902b7, ot=rv:c00000000000000;th:fd70a3d70a3d71', 0.01],
    ['congo=t61rcWkgMzE,ot=th:e6;x:1', 1 - 0xe6 / 256],
  ])('%s', async (traceState, expected) => {
    expect(await rate(traceState)).toBeCloseTo(Number(expected), 12);
  });

  test.each([
    ['', {}],
    ['ot=rv:8', {}],
    ['ot=th:', {}],
    ['ot=th:123456789012345', {}],
    ['ot=th:G', {}],
    ['not=th:8', {}],
    ['', { 'sampling.probability': '0' }],
    ['', { 'sampling.probability': '2' }],
    ['', { 'sampling.probability': '1e-300' }],
    ['', { SampleRate: '0' }],
    ['', { SampleRate: '1e300' }],
    ['', { SampleRate: 'inf' }],
    ['', { SampleRate: 'often' }],
  ])('is unknown of %j with %j', async (traceState, attributes) => {
    expect(await rate(traceState, attributes)).toBeNull();
  });

  test('by the attributes of samplers that write no threshold', async () => {
    expect(await rate('', { 'sampling.probability': '0.125' })).toBe(0.125);
    expect(await rate('', { SampleRate: '20' })).toBe(0.05);
    expect(await rate('ot=th:8', { SampleRate: '20' })).toBe(0.5);
  });
});

describe('a comparison of sampled spans', () => {
  test('shares and error rates are of what they stand for, the verdict of what was seen', async () => {
    const flag = freshFlag();
    // As a sampler does that keeps every failure: a hundredth of what succeeded.
    const kept = { SampleRate: '1' };
    const hundredth = { SampleRate: '100' };
    const comparison = await compare(
      flag,
      spans(flag, 90, { variant: 'off', attributes: hundredth }),
      spans(flag, 9, { variant: 'off', failed: true, attributes: kept }),
      spans(flag, 10, { variant: 'on', attributes: hundredth }),
      spans(flag, 1, { variant: 'on', failed: true, attributes: kept }),
    );
    const [off, on] = comparison.variants;
    expect(off).toMatchObject({ requests: 99, errors: 9 });
    expect(on).toMatchObject({ requests: 11, errors: 1 });
    expect(off?.errorRate).toBeCloseTo(9 / 9009, 12);
    expect(on?.errorRate).toBeCloseTo(1 / 1001, 12);
    expect(on?.share).toBeCloseTo(0.1, 12);
    const [treatment] = comparison.comparisons;
    expect(treatment?.explanation[0]).toContain('control failed 9 of 99, treatment 1 of 11');
    expect(treatment?.explanation).toContain(
      'Operations of shop are counted from entry spans (sampled 1 in 91), which cannot tell overrides: who has a ' +
        'variant by name counts as assigned. Shares and error rates are corrected for the sampling; the verdict counts ' +
        'what was seen, which is right where keeping a span did not depend on how it ended.',
    );
  });

  test('weights count only where each operation has one', async () => {
    const flag = freshFlag();
    const comparison = await compare(
      flag,
      spans(flag, 9, { variant: 'off', traceState: 'ot=th:8' }),
      spans(flag, 1, { variant: 'off', failed: true }),
      spans(flag, 10, { variant: 'on', service: 'worker' }),
    );
    expect(comparison.variants).toMatchObject([
      { variant: 'off', requests: 10, errorRate: 0.1, share: 0.5 },
      { variant: 'on', requests: 10, errorRate: 0, share: 0.5 },
    ]);
    expect(comparison.evidence.map(({ samplingRate }) => samplingRate)).toEqual([null, null]);
    const told = comparison.comparisons[0]?.explanation.filter((line) => line.includes('tail sampling'));
    expect(told).toHaveLength(2);
  });
});

describe('spans kept by how they ended', () => {
  const arm = (flag: string, variant: string, failed: number, kept: string): Span[][] => [
    spans(flag, failed, { variant, failed: true, traceState: 'ot=th:0' }),
    spans(flag, 900, { variant, traceState: kept }),
  ];

  test('are seen where failures stand for another number than successes, and nothing is called safe', async () => {
    const flag = freshFlag();
    // 1 in 100 of what did not fail.
    const tail = 'ot=th:fd70a3d70a3d71';
    const comparison = await compare(flag, ...arm(flag, 'off', 100, tail), ...arm(flag, 'on', 103, tail));
    expect(comparison.comparisons[0]).toMatchObject({ verdict: 'hold' });
    expect(comparison.comparisons[0]?.reasons).toContain('incomplete');
    expect(comparison.comparisons[0]?.explanation.join(' ')).toContain('tail sampling');
  });

  test('are not suspected where both were sampled alike', async () => {
    const flag = freshFlag();
    const head = (variant: string): Span[][] => [
      spans(flag, 100, { variant, failed: true, traceState: 'ot=th:8' }),
      spans(flag, 900, { variant, traceState: 'ot=th:8' }),
    ];
    const comparison = await compare(flag, ...head('off'), ...head('on'));
    expect(comparison.comparisons[0]?.reasons).not.toContain('incomplete');
  });
});
