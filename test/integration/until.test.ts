import { describe, expect, test } from 'vitest';
import type { Metric } from '../../src/otlp/model.js';
import { recordChange } from '../../src/server/change-log.js';
import { type Comparison, compareFlag } from '../../src/server/comparison.js';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { flagChange, historyOf } from '../support/changes.js';
import { exponentialPoint } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';
import { evaluationRecord, failedRecord, unitPoint } from '../support/unit-points.js';

const T0 = 1_800_000_000; // a multiple of 600: blocks begin here

const store = temporaryStore();

/** What one minute adds, cumulative since `T0`; the treatment fails from the twentieth minute on. */
function minute(flag: string, at: number): Metric[] {
  const failures = Math.max(0, at - 20) * 30;
  const duration = (variant: string, n: number, errorType?: string): Metric =>
    exponentialPoint(
      { flag, variant, ...(errorType === undefined ? {} : { errorType }) },
      { start: T0, time: T0 + at * 60, scale: 2, buckets: new Map([[-21, n]]) },
      2,
    );
  const units = (variant: string, operations: number, failed: number): Metric[] =>
    Array.from({ length: 16 }, (_, bucket) =>
      (['operations', 'errors', 'exposed'] as const).map((counter) =>
        unitPoint(
          { counter, flag, variant, bucket },
          {
            start: T0,
            time: T0 + at * 60,
            value: counter === 'operations' ? operations : counter === 'errors' ? failed : operations / 2,
          },
        ),
      ),
    ).flat();
  return [
    duration('off', at * 900),
    duration('on', at * 100),
    duration('off', at * 10, '500'),
    duration('on', at + failures, '500'),
    ...units('off', at * 40, 0),
    ...units('on', at * 4, Math.floor(failures / 20)),
  ];
}

async function ingest(flag: string, from: number, to: number): Promise<void> {
  const minutes = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  await store().sink.metrics(minutes.flatMap((at) => minute(flag, at)));
  await store().sink.logs(
    minutes.flatMap((at) => [
      failedRecord({ [flag]: at > 20 ? 'on' : 'off' }, `unit ${at}`, T0 + at * 60),
      evaluationRecord(flag, at % 10 === 0 ? 'on' : 'off', T0 + at * 60, { unit: `unit ${at}` }),
    ]),
  );
}

const tell = (flag: string, at: number, shares: Record<string, number>): Promise<unknown> =>
  recordChange(
    createKeptChanges(store().query),
    store(),
    flagChange({ id: `${flag} ${at}`, flag, time: T0 + at * 60, shares }),
  );

function compare(flag: string, now: number, options: Record<string, string>): Promise<Comparison> {
  const parameters = readComparisonParameters(Object.entries(options), T0 + now * 60);
  const extras = { evidence: true, changes: historyOf(store()) };
  return compareFlag(createClickHouseSource(store().query), flag, parameters, T0 + now * 60, extras);
}

const iso = (at: number): string => new Date((T0 + at * 60) * 1000).toISOString();

describe('a comparison until a moment that has passed', () => {
  test.each<[string, Record<string, string>]>([
    ['as it began by itself', {}],
    ['since a time, with a threshold', { since: iso(3), slow: '20ms', control: 'off' }],
    ['of one route', { route: '/checkout' }],
  ])('is what it was then: %s', async (_name, options) => {
    const flag = freshFlag();
    await tell(flag, 2, { on: 0.1, off: 0.9 });
    await ingest(flag, 1, 25);
    const then = await compare(flag, 25, options);
    expect(then.comparisons[0]?.evidence?.cells.length).toBeGreaterThan(0);

    await tell(flag, 30, { on: 0.5, off: 0.5 });
    await ingest(flag, 26, 60);
    const now = await compare(flag, 60, options);
    expect(now.comparisons[0]?.errors).not.toEqual(then.comparisons[0]?.errors);
    expect(await compare(flag, 60, { ...options, until: iso(25) })).toEqual(then);
    // A duration counts back from now.
    expect(await compare(flag, 60, { ...options, until: '35m' })).toEqual(then);
  });

  test('before there was any, the flag is unknown, and the times that were looked at are said', async () => {
    const flag = freshFlag();
    await ingest(flag, 1, 3);
    await expect(compare(flag, 5, { until: iso(0.5) })).rejects.toThrow(
      `"${flag}" in the 7 days before ${iso(0.5)}.`,
    );
    await expect(compare(flag, 5, { since: iso(-2), until: iso(0.5) })).rejects.toThrow(
      `"${flag}" from ${iso(-2)} to ${iso(0.5)}.`,
    );
  });
});
