import { beforeAll, describe, expect, test } from 'vitest';
import type { LogRecord, Span } from '../../src/otlp/model.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { EvidenceUse, Source } from '../../src/sources/source.js';
import { exponentialPoint } from '../support/points.js';
import { evaluationOf, eventOf, KIND, spanOf } from '../support/spans.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here
const WINDOW = { from: T0, to: T0 + 3600 };

const store = temporaryStore();
let source: Source;
beforeAll(() => {
  source = createClickHouseSource(store().query);
});

let traces = 0;
/** A trace that no other test has. */
function freshTrace(): number {
  traces += 1;
  return traces;
}

async function putSpans(...spans: Span[]): Promise<void> {
  expect(await store().sink.spans(spans)).toBeUndefined();
}

async function putLogs(...records: LogRecord[]): Promise<void> {
  expect(await store().sink.logs(records)).toBeUndefined();
}

const uses = (flag: string): Promise<EvidenceUse[]> => source.evidence({ flag }, WINDOW);

/** Block, service, variant, assignment, requests, errors, slow at 0.25 s, unresolved. */
async function totals(flag: string, edgeIndex = -8): Promise<unknown[]> {
  const counts = await source.counts({ flag }, WINDOW, { edgeIndex, calibratedUntil: 0, changes: [] });
  return counts.map((count) => [
    count.block - T0,
    count.service,
    count.variant,
    count.assignment,
    count.requests,
    count.errors,
    count.slow,
    count.unresolved,
  ]);
}

describe('entry spans', () => {
  test('SERVER and CONSUMER spans and roots count, other spans do not', async () => {
    const flag = freshFlag();
    const on = { [`feature_flags.${flag}`]: 'on' };
    const span = (kind: number, parent: number | undefined, failed = false): Span =>
      spanOf({
        trace: freshTrace(),
        kind,
        end: T0 + 60.5,
        attributes: on,
        failed,
        ...(parent && { parent }),
      });
    await putSpans(
      span(KIND.server, undefined),
      span(KIND.server, 99, true),
      span(KIND.consumer, 99),
      span(KIND.internal, undefined),
      span(KIND.internal, 99),
      span(KIND.client, undefined),
      span(KIND.producer, undefined),
    );
    expect(await totals(flag)).toEqual([[0, 'shop', 'on', 'assigned', 4, 1, 0, 0]]);
    expect(await uses(flag)).toEqual([{ service: 'shop', kind: 'entry-spans', samplingRate: null }]);
  });

  test('a span failed by its status, by error.type or by a response of 500 and above', async () => {
    const flag = freshFlag();
    const span = (values: Record<string, string>, failed = false): Span =>
      spanOf({
        trace: freshTrace(),
        end: T0 + 60,
        failed,
        attributes: { [`feature_flags.${flag}`]: 'on', ...values },
      });
    await putSpans(
      span({}, true),
      span({ 'error.type': 'timeout' }),
      span({ 'http.response.status_code': '503' }),
      span({ 'http.status_code': '500' }),
      span({ 'http.response.status_code': '499' }),
      span({ 'http.response.status_code': 'none' }),
    );
    expect(await totals(flag)).toEqual([[0, 'shop', 'on', 'assigned', 6, 4, 0, 0]]);
  });

  test('what is slow is told exactly, on either side of an edge', async () => {
    const flag = freshFlag();
    const took = [0, 0.249999, 0.25, 0.250001, 8];
    await putSpans(
      ...took.map((seconds) =>
        spanOf({
          trace: freshTrace(),
          end: T0 + 60,
          took: seconds,
          attributes: { [`feature_flags.${flag}`]: 'off' },
        }),
      ),
    );
    expect(await totals(flag)).toEqual([[0, 'shop', 'off', 'assigned', 5, 0, 2, 0]]);
    const [latency] = await source.latencies({ flag }, WINDOW);
    expect(latency?.histogram).toEqual({ scale: 5, zero: 1, buckets: { [-65]: 2, [-64]: 1, 95: 1 } });
  });

  test('a span sent again counts once, and one of another flag not at all', async () => {
    const flag = freshFlag();
    const other = freshFlag();
    const span = spanOf({
      trace: freshTrace(),
      end: T0 + 700,
      attributes: { [`feature_flags.${flag}`]: '__mixed__', [`feature_flags.${other}`]: 'on' },
    });
    await putSpans(span);
    await putSpans(span);
    expect(await totals(flag)).toEqual([[600, 'shop', '__mixed__', 'assigned', 1, 0, 0, 0]]);
    expect(await totals(other)).toEqual([[600, 'shop', 'on', 'assigned', 1, 0, 0, 0]]);
  });
});

describe('events of hooks', () => {
  test('an evaluation on any span of the trace is of the entry span of its service, whatever came first', async () => {
    const flag = freshFlag();
    const [a, b] = [freshTrace(), freshTrace()];
    const evaluated = eventOf('feature_flag.evaluation', T0 + 59, {
      'feature_flag.key': flag,
      'feature_flag.result.variant': 'on',
    });
    // The child with the event arrives first, the entry span later; in another trace there is no event.
    await putSpans(
      spanOf({ trace: a, span: 900, parent: a, kind: KIND.internal, end: T0 + 59.9, events: [evaluated] }),
    );
    await putSpans(
      spanOf({ trace: a, end: T0 + 60, failed: true, took: 0.3 }),
      spanOf({ trace: a, span: 901, parent: 900, end: T0 + 60, service: 'payments' }),
      spanOf({ trace: b, end: T0 + 60 }),
    );
    expect(await totals(flag)).toEqual([[0, 'shop', 'on', 'assigned', 1, 1, 1, 0]]);
    expect(await uses(flag)).toEqual([{ service: 'shop', kind: 'hook-events', samplingRate: null }]);
  });
});

describe('what a hook says', () => {
  const result = 'feature_flag.result';
  test.each([
    ['by its name', { [`${result}.variant`]: 'a', [`${result}.value`]: 'true' }, 'a', 'assigned'],
    ['by the older name', { 'feature_flag.variant': 'b' }, 'b', 'assigned'],
    ['by its index', { [`${result}.variationIndex`]: '1', [`${result}.value`]: 'false' }, '1', 'assigned'],
    ['by a boolean', { [`${result}.value`]: 'false' }, 'false', 'assigned'],
    ['by no other value', { [`${result}.value`]: 'secret', [`${result}.reason`]: 'split' }, '', 'assigned'],
    ['that failed', { [`${result}.variant`]: 'a', 'error.type': 'general' }, 'a', 'error'],
    ['of all', { [`${result}.variant`]: 'a', [`${result}.reason`]: 'STATIC' }, 'a', 'default'],
    ['by default', { [`${result}.variant`]: 'a', [`${result}.reason`]: 'default' }, 'a', 'default'],
    [
      'of a rollout of LaunchDarkly',
      {
        [`${result}.variant`]: 'a',
        [`${result}.reason`]: 'default',
        'feature_flag.provider.name': 'LaunchDarkly',
      },
      'a',
      'assigned',
    ],
    ['of a tester', { [`${result}.variant`]: 'a', [`${result}.reason`]: 'TARGET_MATCH' }, 'a', 'override'],
  ])('a variant %s', async (_, values, variant, assignment) => {
    const flag = freshFlag();
    const trace = freshTrace();
    await putSpans(spanOf({ trace, end: T0 + 60 }));
    await putLogs(evaluationOf(trace, T0 + 59, { 'feature_flag.key': flag, ...values }));
    expect(await totals(flag)).toEqual([[0, 'shop', variant, assignment, 1, 0, 0, 0]]);
  });

  test('nothing, where a record only names a flag', async () => {
    const flag = freshFlag();
    const trace = freshTrace();
    await putSpans(spanOf({ trace, end: T0 + 60 }));
    await putLogs(evaluationOf(trace, T0 + 59, { 'feature_flag.key': flag }));
    expect(await uses(flag)).toEqual([]);
  });
});

describe('the order', () => {
  test('our own histogram before spans, service by service', async () => {
    const flag = freshFlag();
    const on = { [`feature_flags.${flag}`]: 'on' };
    await putSpans(
      spanOf({ trace: freshTrace(), end: T0 + 60, attributes: on }),
      spanOf({ trace: freshTrace(), end: T0 + 60, attributes: on, service: 'worker' }),
    );
    const reading = { start: T0, time: T0 + 60, scale: 2, buckets: new Map([[-20, 7]]) };
    expect(
      await store().sink.metrics([exponentialPoint({ flag, variant: 'on' }, reading, 1)]),
    ).toBeUndefined();
    const trace = freshTrace();
    await putSpans(spanOf({ trace, end: T0 + 60, service: 'jobs' }));
    await putLogs(
      evaluationOf(
        trace,
        T0 + 59,
        { 'feature_flag.key': flag, 'feature_flag.result.variant': 'off' },
        'jobs',
      ),
    );
    expect(await totals(flag)).toEqual([
      [0, 'jobs', 'off', 'assigned', 1, 0, 0, 0],
      [0, 'shop', 'on', 'assigned', 7, 0, 0, 0],
      [0, 'worker', 'on', 'assigned', 1, 0, 0, 0],
    ]);
    expect(await uses(flag)).toEqual([
      { service: 'jobs', kind: 'hook-events', samplingRate: null },
      { service: 'shop', kind: 'operation-duration', samplingRate: 1 },
      { service: 'worker', kind: 'entry-spans', samplingRate: null },
    ]);
    const [seen] = await source.flags(WINDOW, { flag });
    expect(seen?.services).toEqual(['jobs', 'shop', 'worker']);
  });
});
