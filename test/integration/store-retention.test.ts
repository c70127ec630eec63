import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogRecord, Metric, Span } from '../../src/otlp/model.js';
import { openEngine } from '../../src/store/engine.js';
import { ttlChange } from '../../src/store/retention.js';
import { createQuery, openStore, type Store } from '../../src/store/store.js';
import { type StoreOptions, startUpkeep } from '../../src/store/upkeep.js';
import { temporaryFolder } from '../support/backend-process.js';
import { attributes, exponentialPoint, resource } from '../support/points.js';
import { makeRaw, sqlFixture } from '../support/raw-store.js';

const DAY = 86_400;
const NOW = 1_800_000_000;

let dataDir: string;
beforeEach(() => {
  dataDir = temporaryFolder();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function withStore<T>(options: StoreOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir }, { now: () => NOW * 1000, ...options });
  return use(store).finally(() => store.close());
}

const scope = { name: '', version: '', attributes: attributes({}), schemaUrl: '', droppedAttributesCount: 0 };
const nanos = (seconds: number): bigint => BigInt(seconds) * 1_000_000_000n;

function span(seconds: number, nanosMore = 0n): Span {
  return {
    resource: resource(),
    scope,
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    parentSpanId: '',
    traceState: '',
    name: `span ${seconds}`,
    kind: 2,
    startTimeUnixNano: nanos(seconds) + nanosMore,
    endTimeUnixNano: nanos(seconds) + nanosMore,
    attributes: attributes({}),
    statusCode: 0,
    statusMessage: '',
    events: [],
    links: [],
    flags: 1,
  };
}

function log(seconds: number, observedSeconds: number): LogRecord {
  return {
    resource: resource(),
    scope,
    timeUnixNano: nanos(seconds),
    observedTimeUnixNano: nanos(observedSeconds),
    traceId: '',
    spanId: '',
    flags: 0,
    severityNumber: 9,
    severityText: '',
    body: '',
    eventName: '',
    attributes: attributes({}),
  };
}

const point = (time: number): Metric =>
  exponentialPoint(
    { flag: 'f', variant: 'on' },
    { start: time - 60, time, scale: 2, buckets: new Map([[-4, 3]]) },
    1,
  );

async function counts(store: Store): Promise<unknown> {
  const [row] = await store.query(
    `SELECT (SELECT count() FROM otel_traces)::UInt32 AS spans, (SELECT count() FROM otel_logs)::UInt32 AS logs,
      (SELECT count() FROM otel_metrics_exponential_histogram)::UInt32 AS points,
      (SELECT count() FROM telltale_points)::UInt32 AS viewed`,
  );
  return row;
}

test('what is older than the retention is refused and counted, and no view sees it', async () => {
  await withStore({ retentionSeconds: 7 * DAY }, async (store) => {
    const limit = NOW - 7 * DAY;
    expect(await store.sink.spans([span(limit), span(limit, -1n), span(NOW)])).toEqual({
      count: 1,
      message:
        'Refused for their time, by the clock here (2027-01-15T08:00:00.000Z): 1 older than the 168 h that are kept (--retention).',
    });
    expect(await store.sink.logs([log(limit - 1, NOW), log(0, NOW), log(0, limit - 1)])).toMatchObject({
      count: 2,
    });
    expect(await store.sink.metrics([point(limit - 1), point(limit), point(NOW)])).toMatchObject({
      count: 1,
    });
    expect(await store.sink.metrics([point(limit - 1)])).toMatchObject({ count: 1 });
    expect(await counts(store)).toEqual({ spans: 2, logs: 1, points: 2, viewed: 2 });
    expect((await store.status()).refused).toEqual({ tooOld: 5, tooNew: 0 });
  });
});

test('what is more than an hour ahead is refused, also where everything is kept', async () => {
  await withStore({}, async (store) => {
    expect(await store.sink.spans([span(NOW + 3600), span(NOW + 3600, 1n), span(5)])).toEqual({
      count: 1,
      message: expect.stringContaining("1 more than 1 h ahead; check the sender's clock."),
    });
    // A view keeps entry spans by their end.
    const endless = { ...span(NOW), endTimeUnixNano: nanos(NOW + 3601) };
    expect(await store.sink.spans([endless])).toMatchObject({ count: 1 });
    expect(await store.sink.metrics([point(NOW + 3601), point(5)])).toMatchObject({ count: 1 });
    expect(await counts(store)).toMatchObject({ spans: 2, points: 1 });
    expect((await store.status()).refused).toEqual({ tooOld: 0, tooNew: 3 });
  });
});

const HISTORY = ['telltale_changes', 'telltale_notices', 'telltale_deliveries'];

/** Of all tables but those of what was told, which are history. */
async function ttls(store: Store): Promise<(number | null)[]> {
  const { tables } = await store.status();
  const history = tables.filter(({ name }) => HISTORY.includes(name));
  expect(history.map(({ retentionSeconds }) => retentionSeconds)).toEqual([null, null, null]);
  return tables.filter((table) => !history.includes(table)).map(({ retentionSeconds }) => retentionSeconds);
}

test('the retention is on every table, changes with the option and goes with it', async () => {
  await withStore({ retentionSeconds: 7 * DAY }, async (store) => {
    expect(new Set(await ttls(store))).toEqual(new Set([7 * DAY]));
  });
  await withStore({ retentionSeconds: DAY }, async (store) => {
    expect(new Set(await ttls(store))).toEqual(new Set([DAY]));
  });
  await withStore({}, async (store) => expect(new Set(await ttls(store))).toEqual(new Set([null])));
});

test('where the option is left out a store goes on as it was, and refuses by that', async () => {
  const left = { retentionSeconds: 14 * DAY, keepRetention: true };
  await withStore(left, async (store) => expect(new Set(await ttls(store))).toEqual(new Set([14 * DAY])));
  await withStore({ retentionSeconds: 30 * DAY }, () => Promise.resolve());
  await withStore(left, async (store) => {
    expect(new Set(await ttls(store))).toEqual(new Set([30 * DAY]));
    expect((await store.status()).retentionSeconds).toBe(30 * DAY);
    expect(await store.sink.spans([span(NOW - 30 * DAY), span(NOW - 30 * DAY - 1)])).toMatchObject({
      count: 1,
      message: expect.stringContaining('1 older than the 720 h that are kept'),
    });
  });
  await withStore({}, () => Promise.resolve());
  await withStore(left, async (store) => {
    expect(new Set(await ttls(store))).toEqual(new Set([null]));
    expect((await store.status()).retentionSeconds).toBeNull();
    expect(await store.sink.spans([span(5)])).toBeUndefined();
  });
});

test('where tables differ, as after a change that was cut short, the longest holds for all, and for new ones', async () => {
  await withStore({ retentionSeconds: 7 * DAY }, () => Promise.resolve());
  await makeRaw(dataDir, [
    `ALTER TABLE otel_logs ${ttlChange('Timestamp', 9 * DAY)}`,
    'DROP TABLE otel_metrics_gauge SYNC',
  ]);
  await withStore({ retentionSeconds: DAY, keepRetention: true }, async (store) => {
    expect(new Set(await ttls(store))).toEqual(new Set([9 * DAY]));
  });
});

test('tables have the retention from the first moment: a start that was cut short keeps nothing for ever', async () => {
  const engine = await openEngine({ dataDir });
  const cut = startUpkeep(
    async (query) => {
      if (query.startsWith('CREATE MATERIALIZED VIEW')) throw new Error('cut short');
      await engine.admin.command({ query });
    },
    createQuery(engine),
    { retentionSeconds: 14 * DAY, keepRetention: true },
  );
  await expect(cut).rejects.toThrow('cut short');
  await engine.close();
  await withStore({ retentionSeconds: 14 * DAY, keepRetention: true }, async (store) => {
    expect(new Set(await ttls(store))).toEqual(new Set([14 * DAY]));
  });
});

test('a retention that is shorter than what is there is told once, at the start', async () => {
  const notices: string[] = [];
  const start = (retentionSeconds?: number) =>
    withStore({ retentionSeconds, onNotice: (text) => notices.push(text) }, () => Promise.resolve());
  await start();
  await start(7 * DAY);
  await start(7 * DAY);
  await start(8 * DAY);
  await start(DAY);
  expect(notices).toEqual([
    'The store kept everything; by --retention it keeps rows for 168 h. What is older is removed, and cannot be had back.',
    'The store kept rows for 192 h; by --retention it keeps rows for 24 h. What is older is removed, and cannot be had back.',
  ]);
});

// The engine's own clock says what is too old, so these times are near to it.
test('whole days that are too old go, from what was received and from what views made of it', async () => {
  const today = Math.floor(Date.now() / 1000);
  await withStore({ now: Date.now }, async (store) => {
    await store.sink.metrics([point(today - 30 * DAY), point(today - 29 * DAY), point(today)]);
    expect(await counts(store)).toMatchObject({ points: 3, viewed: 3 });
  });
  await withStore({ now: Date.now, retentionSeconds: 7 * DAY }, () => Promise.resolve());
  await makeRaw(dataDir, [
    'OPTIMIZE TABLE otel_metrics_exponential_histogram FINAL',
    'OPTIMIZE TABLE telltale_points FINAL',
  ]);
  await withStore({ now: Date.now, retentionSeconds: 7 * DAY }, async (store) => {
    expect(await counts(store)).toMatchObject({ points: 1, viewed: 1 });
  });
});

test("a collector's tables keep their own retention", async () => {
  await makeRaw(dataDir, sqlFixture('collector-0.159.sql'));
  await withStore({ retentionSeconds: DAY }, async (store) => {
    const logs = (await store.status()).tables.find(({ name }) => name === 'otel_logs');
    expect(logs).toMatchObject({ madeBy: 'collector', retentionSeconds: 3 * DAY });
    expect((await ttls(store)).filter((seconds) => seconds === DAY).length).toBeGreaterThan(3);
  });
});
