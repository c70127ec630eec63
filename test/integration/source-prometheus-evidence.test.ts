import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeMetricsJson } from '../../src/otlp/index.js';
import type { HistogramMetric } from '../../src/otlp/model.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openSource } from '../../src/sources/location.js';
import type { Count, Source } from '../../src/sources/source.js';
import { renamed, spanMetricAttributes } from '../support/flag-points.js';
import { metricsRequest } from '../support/otlp-request.js';
import { explicitPoint, resource } from '../support/points.js';
import { type PrometheusProcess, startPrometheus } from '../support/prometheus.js';
import { type ConnectorSpan, throughConnector } from '../support/span-connector.js';
import { temporaryStore } from '../support/temporary-store.js';
import { needsTool } from '../support/tools.js';

/** The beginning of a block, so that all that follows lies in the past and within Prometheus' newest two hours. */
const T0 = Math.floor(Date.now() / 600_000) * 600 - 3000;
const WINDOW = { from: T0, to: T0 + 3000 };
const CUMULATIVE = 2;
const HTTP = 'http.server.request.duration';
const SPANS = 'traces.span.metrics.duration';

const times = (n: number, span: ConnectorSpan): ConnectorSpan[] => Array.from({ length: n }, () => span);

/** Two in five of the treatment fail, and all of its requests are slow. */
function traffic(flag: string, service: string): ConnectorSpan[][] {
  const [on, off] = [{ [flag]: 'on', 'other.flag': 'a' }, { [flag]: 'off' }];
  const round: ConnectorSpan[] = [
    ...times(60, { flags: off, service }),
    ...times(24, { flags: on, service, milliseconds: 1200 }),
    ...times(16, { flags: on, service, milliseconds: 1200, failed: true }),
    ...times(50, { flags: on, service, kind: 3, failed: true }),
    ...times(50, { flags: on, service, kind: 1, failed: true }),
    { flags: off, service, kind: 5, failed: true },
    { flags: {}, service },
  ];
  // What the very first report of all holds, Prometheus cannot date.
  return [[{ flags: { 'warm-up': 'on' }, service: 'another' }], round, round, round];
}

/** The JSON of a flush as if it had been made then; a series of a connector begins with it. */
function flushedAt(line: string, seconds: number, start: number): string {
  return line
    .replaceAll(/"timeUnixNano":"\d+"/g, `"timeUnixNano":"${seconds}000000000"`)
    .replaceAll(/"startTimeUnixNano":"\d+"/g, `"startTimeUnixNano":"${start}000000000"`);
}

/** A series that held 10 before the window and then this much more, all within (0.25, 0.5] s. */
function series(service: string, name: string, values: Record<string, string>, more: number) {
  const stream = { flag: '', variant: '', resource: resource({ 'service.name': service }) };
  return [
    { time: T0 - 60, count: 10 },
    { time: T0 + 60, count: 10 + more },
  ].map(({ time, count }) => {
    const reading = { start: T0 - 7200, time, bounds: [0.25, 0.5], counts: [0, count, 0] };
    return renamed(explicitPoint(stream, reading, CUMULATIVE), name, values);
  });
}

const evaluated = (flag: string): Record<string, string> => ({
  'feature_flag.key': flag,
  'feature_flag.result.variant': 'on',
  'telltale.assignment': 'assigned',
});

const key = (count: Count): string => JSON.stringify([count.block, count.service, count.variant, count]);

async function countsOf(source: Source, flag: string, edgeIndex: number): Promise<Count[]> {
  const selection = { flag, evidence: await source.evidence({ flag }, WINDOW) };
  const counts = await source.counts(selection, WINDOW, { edgeIndex, calibratedUntil: 0, changes: [] });
  return counts.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Prometheus merges buckets that are narrower than 0.3 %, so that percentiles agree to that. */
function verdictOf(comparison: Comparison) {
  const { variants, slowThreshold, evidence, comparisons } = comparison;
  return {
    variants: variants.map(({ latency, ...rest }) => ({
      ...rest,
      latency: Object.values(latency).map((seconds) => seconds?.toPrecision(2)),
    })),
    slowThreshold,
    evidence: evidence.map(({ label: _, ...use }) => use),
    comparisons: comparisons.map(({ explanation: _, ...rest }) => rest),
  };
}

describe.each([
  { strategy: 'UnderscoreEscapingWithSuffixes', units: true },
  { strategy: 'NoUTF8EscapingWithSuffixes', units: true },
  { strategy: 'UnderscoreEscapingWithoutSuffixes', units: false },
  { strategy: 'NoTranslation', units: false },
])('Prometheus with $strategy, beside our own store', needsTool('prometheus'), ({ strategy, units }) => {
  const store = temporaryStore();
  let prometheus: PrometheusProcess;
  let own: Source;
  let other: Source;

  beforeAll(async () => {
    prometheus = await startPrometheus(
      `otlp: {translation_strategy: ${strategy}}\nstorage: {tsdb: {out_of_order_time_window: 2h}}`,
    );
    own = createClickHouseSource(store().query);
    other = openSource(`prometheus+${prometheus.url}`, {});
  });
  afterAll(() => prometheus[Symbol.asyncDispose]());

  async function send(contentType: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
    const url = `${prometheus.url}/api/v1/otlp/v1/metrics`;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
    expect([response.status, await response.text()]).toEqual([200, '']);
  }

  async function putSpans(configuration: Record<string, unknown>, exports: ConnectorSpan[][]): Promise<void> {
    const lines = await throughConnector(configuration, exports);
    for (const [i, line] of lines.entries()) {
      const moved = flushedAt(line, T0 - 100 + i * 150, T0 - 130);
      const { rows } = decodeMetricsJson(Buffer.from(moved));
      if (rows.length > 0) expect(await store().sink.metrics(rows)).toBeUndefined();
      await send('application/json', moved);
    }
  }

  async function put(metrics: HistogramMetric[]): Promise<void> {
    expect(await store().sink.metrics(metrics)).toBeUndefined();
    await send('application/x-protobuf', new Uint8Array(metricsRequest(metrics)));
  }

  const histograms = [
    { histogram: { exponential: {}, unit: 's' }, known: units },
    { histogram: { disable: true }, known: false },
    { histogram: { unit: 's' }, known: units },
    { histogram: { unit: 'ms' }, known: units },
  ];
  // Where names have no unit, one of them is like the others.
  test.each(units ? histograms : histograms.slice(0, 2))(
    'span metrics $histogram: the same counts and the same verdict',
    needsTool('spanmetrics'),
    async ({ histogram, known }) => {
      const service = `shop-${JSON.stringify(histogram).replace(/\W/g, '')}`;
      const flag = `new-checkout.${service}`;
      await putSpans({ histogram }, traffic(flag, service));
      const counts = await countsOf(own, flag, 0);
      const sum = (of: (count: Count) => number): number => counts.reduce((all, count) => all + of(count), 0);
      expect([sum((c) => c.requests), sum((c) => c.errors)]).toEqual([303, 51]);
      expect(new Set(counts.map(({ serviceVersion }) => serviceVersion))).toEqual(new Set(['1.4']));
      const unknown = (all: Count[]) => all.map((c) => ({ ...c, slow: 0, unresolved: c.requests }));
      const expected = known ? counts : unknown(counts);
      expect(await countsOf(other, flag, 0)).toEqual(expected);
      const flags = await other.flags(WINDOW, {});
      expect(flags.filter(({ services }) => services.includes(service)).map((one) => one.flag)).toContain(
        strategy.startsWith('No') ? flag : flag.replace(/\W/g, '_'),
      );
      const parameters = readComparisonParameters([['slow', '1s']], WINDOW.to);
      const [ours, theirs] = await Promise.all(
        [own, other].map((source) => compareFlag(source, flag, parameters, WINDOW.to)),
      );
      if (ours === undefined || theirs === undefined) throw new Error('no comparison');
      expect(ours.comparisons).toMatchObject([{ treatment: 'on', verdict: 'roll-back' }]);
      if (known) expect(verdictOf(theirs)).toEqual(verdictOf(ours));
      else expect(theirs.comparisons).toMatchObject([{ treatment: 'on', verdict: 'roll-back' }]);
      const label = strategy.startsWith('Under')
        ? { label: `feature_flags_${flag.replace(/\W/g, '_')}` }
        : {};
      expect(theirs.evidence).toEqual([{ service, kind: 'span-metrics', samplingRate: null, ...label }]);
      const said = `That store has the flag as the label ${label.label}, `;
      expect(theirs.comparisons[0]?.explanation.join('').includes(said)).toBe(label.label !== undefined);
    },
  );

  test('http.server.request.duration, and the order of evidence for each service', async () => {
    const flag = 'new-thing';
    const [on, off] = [{ [`feature_flags.${flag}`]: 'on' }, { [`feature_flags.${flag}`]: 'off' }];
    const failed = { 'http.response.status_code': '502' };
    await put([
      ...series('shop', 'telltale.operation.duration', evaluated(flag), 40),
      ...series('shop', HTTP, on, 41),
      ...series('shop', SPANS, spanMetricAttributes({ 'service.name': 'shop', ...on }), 42),
      ...series('web', HTTP, { ...on, 'other.flag': 'a' }, 30),
      ...series('web', HTTP, { ...on, ...failed }, 5),
      ...series('web', HTTP, off, 20),
      ...series('web', HTTP, {}, 1000),
      ...series('web', HTTP, { 'otel.metric.overflow': 'true' }, 7),
      ...series('web', SPANS, spanMetricAttributes({ 'service.name': 'web', ...on }), 31),
      ...series(
        'worker',
        SPANS,
        spanMetricAttributes({ 'service.name': 'worker', ...{ ...on, 'span.kind': 'SPAN_KIND_CONSUMER' } }),
        9,
      ),
      ...series(
        'worker',
        SPANS,
        spanMetricAttributes({ 'service.name': 'worker', ...{ ...on, 'error.type': 'timeout' } }),
        3,
      ),
      ...series(
        'worker',
        SPANS,
        spanMetricAttributes({ 'service.name': 'worker', ...{ ...on, 'sampling.method': 'counted' } }),
        2,
      ),
      ...series(
        'worker',
        SPANS,
        spanMetricAttributes({ 'service.name': 'worker', ...{ ...on, 'sampling.method': 'extrapolated' } }),
        500,
      ),
      ...series(
        'worker',
        SPANS,
        spanMetricAttributes({
          'service.name': 'worker',
          ...{ 'otel.metric.overflow': 'true', 'sampling.method': 'extrapolated' },
        }),
        500,
      ),
      ...series('elsewhere', HTTP, { 'otel.metric.overflow': 'true' }, 8),
    ]);
    const counts = await countsOf(own, flag, -8);
    // Without its unit nobody knows what a connector's durations are.
    const dark = (c: Count) => (c.service === 'worker' && !units ? { ...c, slow: 0, unresolved: 14 } : c);
    expect(await countsOf(other, flag, -8)).toEqual(counts.map(dark));
    const unasked = await other.counts({ flag }, WINDOW, { edgeIndex: -8, calibratedUntil: 0, changes: [] });
    expect(unasked).toHaveLength(counts.length);
    expect(
      counts.map((c) => [c.service, c.overflow ? 'overflow' : c.variant, c.requests, c.errors, c.slow]),
    ).toEqual([
      ['shop', 'on', 40, 0, 40],
      ['web', 'overflow', 7, 0, 7],
      ['web', 'off', 20, 0, 20],
      ['web', 'on', 35, 5, 35],
      ['worker', 'on', 14, 3, 14],
    ]);
  });
});
