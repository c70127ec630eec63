import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countEvaluations, countReasons } from '../../src/sources/clickhouse-evaluations.js';
import { readFailures } from '../../src/sources/clickhouse-failures.js';
import { readTrace } from '../../src/sources/clickhouse-traces.js';
import { openStore } from '../../src/store/store.js';
import { temporaryFolder } from '../support/backend-process.js';
import { evaluationPoint } from '../support/evaluation-points.js';
import { makeRaw, sqlFixture } from '../support/raw-store.js';
import { spanOf } from '../support/spans.js';
import { failedRecord } from '../support/unit-points.js';

// The exporter's own tables drop rows after three days.
const T0 = Math.floor(Date.now() / 1000) - 3600;
const WINDOW = { from: T0, to: T0 + 600 };
const TRACE = '1'.padStart(32, '0');

let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test.each([
  ['of the exporter 0.159', []],
  ['of one without names of events', ['ALTER TABLE otel_logs DROP COLUMN EventName']],
])('evaluations, failures and traces are found in the tables %s', async (_, altered) => {
  await makeRaw(dataDir, [...sqlFixture('collector-0.159.sql'), ...altered]);
  const store = await openStore({ dataDir });
  try {
    const { query, sink } = store;
    // Times of metrics are whole seconds there: both points are of the same one.
    const of = { flag: 'a', variant: 'on', reason: 'split' };
    await sink.metrics([
      evaluationPoint(of, { start: T0, time: T0 + 60.2, value: 5 }),
      evaluationPoint(of, { start: T0, time: T0 + 60.7, value: 9 }),
      evaluationPoint(of, { start: T0, time: T0 + 120, value: 11 }),
    ]);
    await sink.spans([
      spanOf({ trace: 1, end: T0 + 60, failed: true, attributes: { 'feature_flags.a': 'on' } }),
    ]);
    const record = failedRecord({ a: 'on' }, '', T0 + 60);
    await sink.logs([{ ...record, traceId: TRACE, spanId: '2'.repeat(16), flags: 1 }]);

    const { evaluations, kinds } = await countEvaluations(query, { flag: 'a' }, WINDOW, 9);
    expect([evaluations, kinds.length]).toEqual([11, 1]);
    expect((await countReasons(query, { flag: 'a' }, WINDOW, 9)).groups).toEqual([
      { name: 'split', variants: [{ variant: 'on', evaluations: 11 }] },
    ]);
    const limits = { most: 9, traces: 3, seconds: 60 };
    const failures = await readFailures(query, { flag: 'a' }, [], WINDOW, limits);
    expect(failures?.groups.map(({ variants }) => variants)).toEqual([
      [{ variant: 'on', operations: 1, traces: [{ traceId: TRACE, at: T0 + 60 }] }],
    ]);
    const trace = await readTrace(query, TRACE, 9);
    expect(trace?.spans.map(({ flags }) => flags)).toEqual([{ a: 'on' }]);
  } finally {
    await store.close();
  }
});
