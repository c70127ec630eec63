import { beforeAll, describe, expect, test } from 'vitest';
import { decodeMetricsJson } from '../../src/otlp/index.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Count, Source } from '../../src/sources/source.js';
import { type ConnectorSpan, throughConnector } from '../support/span-connector.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { needsTool } from '../support/tools.js';

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

/** What the connector makes of these exports, one after another, goes into the store. */
async function storeSpans(
  configuration: Record<string, unknown>,
  ...exports: readonly ConnectorSpan[][]
): Promise<void> {
  const lines = await throughConnector(configuration, exports);
  // Each export is in one flush at least: cumulative points have to be told apart from their sums.
  expect(lines.length).toBeGreaterThanOrEqual(exports.length);
  for (const line of lines) {
    const { rows, rejection } = decodeMetricsJson(Buffer.from(line));
    expect(rejection).toBeUndefined();
    if (rows.length > 0) expect(await store().sink.metrics(rows)).toBeUndefined();
  }
}

async function counted(flag: string, edgeIndex = 0): Promise<readonly Count[]> {
  const now = Date.now() / 1000;
  return source.counts(
    { flag },
    { from: now - 3600, to: now },
    { edgeIndex, calibratedUntil: 0, changes: [] },
  );
}

const sums = (counts: readonly Count[]): unknown[] =>
  ['off', 'on'].map((variant) => {
    const own = counts.filter((count) => count.variant === variant);
    const sum = (of: (count: Count) => number): number => own.reduce((total, count) => total + of(count), 0);
    return [
      variant,
      sum((c) => c.requests),
      sum((c) => c.errors),
      sum((c) => c.slow),
      sum((c) => c.unresolved),
    ];
  });

const times = (n: number, span: ConnectorSpan): ConnectorSpan[] => Array.from({ length: n }, () => span);

describe("a collector's span_metrics connector 0.159", needsTool('spanmetrics'), () => {
  test.each(
    [
      { histogram: { exponential: {}, unit: 's' }, edgeIndex: -8 },
      { histogram: { unit: 's' }, edgeIndex: 0 },
      { histogram: { unit: 'ms' }, edgeIndex: 0 },
    ].flatMap((run) => ['CUMULATIVE', 'DELTA'].map((temporality) => ({ ...run, temporality }))),
  )(
    '$histogram, $temporality: counts equal the entry spans sent',
    async ({ histogram, temporality, edgeIndex }) => {
      const flag = freshFlag();
      const on = { [flag]: 'on', other: 'a' };
      const off = { [flag]: 'off' };
      await storeSpans(
        { histogram, aggregation_temporality: `AGGREGATION_TEMPORALITY_${temporality}` },
        [...times(7, { flags: off }), ...times(3, { flags: on }), ...times(2, { flags: on, failed: true })],
        [
          ...times(4, { flags: on, milliseconds: 1200 }),
          { flags: off, kind: 5 },
          { flags: off, kind: 3 },
          { flags: {} },
        ],
        [{ flags: on, failed: true }, ...times(5, { flags: off, kind: 1 })],
      );
      expect(sums(await counted(flag, edgeIndex))).toEqual([
        ['off', 8, 0, 0, 0],
        ['on', 10, 3, 4, 0],
      ]);
      const now = Date.now() / 1000;
      expect(await source.evidence({ flag }, { from: now - 3600, to: now })).toEqual([
        { service: 'shop', kind: 'span-metrics', samplingRate: null },
      ]);
    },
  );

  test('without histograms calls are counted, and nobody knows how long they took', async () => {
    const flag = freshFlag();
    await storeSpans(
      { histogram: { disable: true } },
      times(5, { flags: { [flag]: 'on' } }),
      times(2, { flags: { [flag]: 'on' }, failed: true }),
    );
    expect(sums(await counted(flag))[1]).toEqual(['on', 7, 2, 0, 7]);
  });

  test('where it says so, spans that it multiplied are left out', async () => {
    const flag = freshFlag();
    const on = { [flag]: 'on' };
    await storeSpans({ enable_metrics_sampling_method: true }, [
      ...times(3, { flags: on }),
      ...times(3, { flags: on, traceState: 'ot=th:c' }),
    ]);
    expect(sums(await counted(flag))[1]).toEqual(['on', 3, 0, 0, 0]);
  });

  test('what its limit folded together is told apart', async () => {
    const flag = freshFlag();
    const spans = Array.from({ length: 6 }, (_, i) => ({ flags: { [flag]: 'on' }, name: `GET /${i}` }));
    await storeSpans({ aggregation_cardinality_limit: 4 }, spans);
    const counts = await counted(flag);
    const folded = counts.filter(({ overflow }) => overflow);
    expect(folded.length).toBeGreaterThan(0);
    expect(counts.reduce((sum, { requests }) => sum + requests, 0)).toBe(6);
  });
});
