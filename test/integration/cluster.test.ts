import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Metric, Span } from '../../src/otlp/model.js';
import { createLease } from '../../src/server/notify/lease.js';
import { createNoticeStore } from '../../src/server/notify/notice-store.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { countEvaluations, countReasons } from '../../src/sources/clickhouse-evaluations.js';
import { readFailures } from '../../src/sources/clickhouse-failures.js';
import { readTrace } from '../../src/sources/clickhouse-traces.js';
import type { EvidenceUse, Selection } from '../../src/sources/source.js';
import { type Layout, localName } from '../../src/store/cluster.js';
import { alterTable, alterView, createView, selectOf, viewComment } from '../../src/store/ddl.js';
import { dropPartition } from '../../src/store/disk.js';
import { tableStatements } from '../../src/store/migrations.js';
import { ttlChange } from '../../src/store/retention.js';
import { TABLES, VIEWS } from '../../src/store/schema.js';
import { openStore, type Store } from '../../src/store/store.js';
import type { StoreOptions } from '../../src/store/upkeep.js';
import { temporaryFolder } from '../support/backend-process.js';
import { CLUSTER, type ClickHouseFront, clickHouseFront } from '../support/clickhouse-front.js';
import { evaluationPoint } from '../support/evaluation-points.js';
import { attributes, exponentialPoint, resource } from '../support/points.js';
import { evaluationRecord, failedRecord } from '../support/unit-points.js';

// One shard, and no Keeper: `Distributed` tables and views over local ones are real, replication is not.
let dataDir: string;
let front: ClickHouseFront;
beforeEach(async () => {
  dataDir = temporaryFolder();
  front = await clickHouseFront(dataDir, { cluster: true });
});
afterEach(async () => {
  await front.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function withCluster(use: (store: Store) => Promise<void>, options: StoreOptions = {}): Promise<void> {
  const store = await openStore({ clickhouseUrl: front.url }, { cluster: CLUSTER, ...options });
  await use(store).finally(() => store.close());
}

const T0 = 1_800_000_000;
const WINDOW = { from: T0, to: T0 + 3600 };
const CUT = { edgeIndex: -8, calibratedUntil: 0, changes: [] };

const point = (flag: string, seconds: number, requests: number): Metric =>
  exponentialPoint(
    { flag, variant: 'on' },
    { start: T0, time: T0 + seconds, scale: 2, buckets: new Map([[-4, requests]]) },
    2,
  );

/** An entry span of a service that has no metrics, and the record of a hook in its trace. */
function span(i: number): Span {
  const start = BigInt(T0 + 60 + i) * 1_000_000_000n;
  return {
    resource: { ...resource(), attributes: attributes({ 'service.name': 'spans' }) },
    scope: { name: '', version: '', attributes: attributes({}), schemaUrl: '', droppedAttributesCount: 0 },
    traceId: i.toString(16).padStart(32, '0'),
    spanId: i.toString(16).padStart(16, '0'),
    parentSpanId: '',
    traceState: '',
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 1_000_000n,
    attributes: attributes({}),
    statusCode: 0,
    statusMessage: '',
    events: [
      {
        timeUnixNano: start,
        name: 'feature_flag.evaluation',
        attributes: attributes({ 'feature_flag.key': 'by-hook', 'feature_flag.result.variant': 'on' }),
      },
    ],
    links: [],
    flags: 1,
  };
}

async function requests(store: Store, flag: string): Promise<number> {
  const counts = await createClickHouseSource(store.query).counts({ flag }, WINDOW, CUT);
  return counts.reduce((sum, count) => sum + count.requests, 0);
}

test('what is written through Distributed tables is in the local ones, in their views, and is read through all', async () => {
  await withCluster(async (store) => {
    await store.sink.metrics([point('f', 60, 3), point('f', 120, 5)]);
    await store.sink.spans(Array.from({ length: 4 }, (_, i) => span(i + 1)));
    const tables = await store.query(
      `SELECT name, engine FROM system.tables WHERE database = currentDatabase()
        AND name IN ('otel_traces', 'otel_traces_local', 'telltale_points', 'telltale_points_local') ORDER BY name`,
    );
    expect(tables).toEqual([
      { name: 'otel_traces', engine: 'Distributed' },
      { name: 'otel_traces_local', engine: 'MergeTree' },
      { name: 'telltale_points', engine: 'Distributed' },
      { name: 'telltale_points_local', engine: 'ReplacingMergeTree' },
    ]);
    expect(await requests(store, 'f')).toBe(5);
    // Spans and what hooks wrote are joined.
    expect(await requests(store, 'by-hook')).toBe(4);
    const flags = await createClickHouseSource(store.query).flags(WINDOW, {});
    expect(flags.map(({ flag }) => flag).sort()).toEqual(['by-hook', 'f']);
  });
});

test('each question of a comparison is answered on a cluster', async () => {
  await withCluster(async (store) => {
    await store.sink.metrics([point('f', 60, 3)]);
    const source = createClickHouseSource(store.query);
    const selection: Selection = { flag: 'f' };
    expect(await source.evidence(selection, WINDOW)).toHaveLength(1);
    expect(await source.timeline(selection, WINDOW)).toHaveLength(1);
    expect(await source.reports(selection, 'on', WINDOW, 1)).toHaveLength(1);
    expect(await source.latencies(selection, WINDOW)).toHaveLength(1);
    const steps = await source.latencySteps?.(selection, WINDOW, [T0 + 30, WINDOW.to]);
    expect(steps?.map((variants) => variants.length)).toEqual([0, 1]);
    expect(await source.unitCounts(selection, WINDOW, CUT)).toEqual([]);
    expect(await source.distinctUnits(selection, WINDOW, CUT, [])).toEqual([]);
    expect(await source.distinctSteps(selection, WINDOW, CUT, [], [T0 + 30, WINDOW.to])).toEqual([[], []]);
    expect(await source.exposures(selection, WINDOW)).toEqual([]);
    expect(await source.failingUnits(selection, WINDOW, CUT)).toEqual([]);
    await store.sink.logs([evaluationRecord('f', 'on', T0 + 1, { unit: 'ada' })]);
    const { units } = await source.firstExposures(selection, WINDOW, ['shop'], [T0], 'off');
    expect(units).toEqual([{ stretch: 1, flagVersion: '', variant: 'on', units: 1 }]);
  });
});

test('so is what is behind it', async () => {
  await withCluster(async (store) => {
    const { query, sink } = store;
    await sink.metrics([
      point('f', 60, 3),
      evaluationPoint({ flag: 'f', variant: 'on' }, { start: T0, time: T0 + 60, value: 5 }),
    ]);
    const failed = { ...span(1), statusCode: 2 };
    const flagged = { ...span(2), statusCode: 2, attributes: attributes({ 'feature_flags.f': 'on' }) };
    await sink.spans([failed, flagged]);
    await sink.logs([{ ...failedRecord({ f: 'on' }, '', T0 + 61), traceId: failed.traceId, flags: 1 }]);
    const source = createClickHouseSource(query);
    const routes = await source.routes?.({ flag: 'f' }, WINDOW, CUT, 9);
    expect(routes?.groups.map(({ name }) => name)).toEqual(['/checkout', 'GET /']);
    expect((await countEvaluations(query, { flag: 'f' }, WINDOW, 9)).evaluations).toBe(5);
    expect((await countReasons(query, { flag: 'f' }, WINDOW, 9)).groups).toHaveLength(1);
    expect((await readTrace(query, failed.traceId, 9))?.spans).toHaveLength(1);
    const failures = async (flag: string, ...evidence: EvidenceUse[]) => {
      const read = await readFailures(query, { flag }, evidence, WINDOW, { most: 9, traces: 3, seconds: 60 });
      return read?.groups.map(({ variants }) =>
        variants.map(({ operations, traces }) => [operations, traces.length]),
      );
    };
    const spans = { service: 'spans', kind: 'entry-spans', samplingRate: null } as const;
    expect(await failures('f')).toEqual([[[1, 1]]]);
    expect(await failures('f', spans)).toHaveLength(2);
    expect(await failures('by-hook', { ...spans, kind: 'hook-events' })).toEqual([[[2, 2]]]);
  });
});

test('what is told to others is known to all, and one claims to tell', async () => {
  await withCluster(async (store) => {
    const times = { holdMs: 60_000, renewMs: 1000, settleMs: 0 };
    const lease = createLease(
      store,
      times,
      () => 0,
      () => Promise.resolve(),
    );
    await lease.hold();
    await lease.hold();
    expect(lease.isHeld).toBe(true);
    const notices = createNoticeStore(store);
    const key = { flag: 'f', treatment: 'on', environment: '' };
    expect(await notices.targetSince('t', T0)).toBe(T0);
    // biome-ignore lint/suspicious/noExplicitAny: it is kept as it is
    const turn = { kind: 'verdict', id: 'n' } as any;
    await notices.noteVerdict({ ...key, id: 'n', verdict: 'roll-back', turn }, T0 + 1);
    expect([...(await notices.verdicts(T0)).values()]).toEqual([{ verdict: 'roll-back', id: 'n', told: 1 }]);
    const due = () => notices.due('t', 'verdict', { begun: T0, newerThan: T0 });
    expect(await due()).toEqual([{ notice: turn, created: T0 + 1 }]);
    await notices.settle('t', 'n', 'sent', T0 + 2);
    expect(await due()).toEqual([]);
    expect(await notices.changes(T0)).toEqual([]);
    expect(await notices.hasBaseline()).toBe(false);
    await notices.endBaseline(T0 + 3);
    expect(await notices.hasBaseline()).toBe(true);
  });
});

test('a cluster is opened again, has its retention and its cap on local tables, and says what is in it', async () => {
  await withCluster(async (store) => {
    await store.sink.metrics([point('f', 60, 3), point('f', 90_000, 5)]);
  });
  const retentionSeconds = 86_400;
  let bytes = 0;
  await withCluster(
    async (store) => {
      const status = await store.status();
      bytes = status.bytes;
      const received = status.tables.find(({ name }) => name === 'otel_metrics_exponential_histogram');
      expect(received).toMatchObject({ rows: 2, madeBy: 'telltale', retentionSeconds });
      expect(received?.bytes).toBeGreaterThan(0);
      expect(status.schemaVersion).toBe(status.knownVersion);
      expect(await store.query('SELECT count()::UInt8 AS n FROM telltale_schema')).toEqual([{ n: 1 }]);
    },
    { retentionSeconds },
  );
  await withCluster(
    async (store) => {
      expect((await store.status()).dropped).toMatchObject({ partitions: 1, rows: 1 });
      expect(await store.query('SELECT count()::UInt8 AS n FROM otel_metrics_exponential_histogram')).toEqual(
        [{ n: 1 }],
      );
    },
    { maxDiskBytes: bytes - 1, retentionSeconds },
  );
});

/** Every kind of statement that is sent, on a cluster and off it. */
function statements(layout: Layout): string[] {
  const [table] = TABLES.map(({ name }) => name);
  return [
    ...tableStatements(layout, 86_400),
    ...VIEWS.flatMap((view) => [
      createView(view, layout, 'filling'),
      alterView(view, layout, `MODIFY QUERY ${selectOf(view, localName(layout, view.from))}`),
      alterView(view, layout, `MODIFY COMMENT '${viewComment(view, layout)}'`),
    ]),
    ...TABLES.map(({ name, time }) => alterTable(name, layout, ttlChange(time, 86_400))),
    ...['REMOVE TTL', dropPartition('20261125')].map((change) => alterTable(`${table}`, layout, change)),
  ];
}

const foreign = new Map([['otel_metrics_sum', 'otel_metrics_sum_shard']]);
const inlets = new Map([['otel_metrics_sum', 'telltale_in_otel_metrics_sum']]);

test.each([
  ['one node', { cluster: undefined, foreign: new Map(), inlets: new Map() }],
  ['a cluster', { cluster: CLUSTER, foreign: new Map(), inlets: new Map() }],
  ['a cluster that a collector fills', { cluster: CLUSTER, foreign, inlets }],
])("every statement for %s is ClickHouse's own SQL", async (_, layout) => {
  for (const statement of statements(layout)) {
    expect((layout.cluster === undefined) !== /^\w+ [\w ]+ ON CLUSTER main/.test(statement)).toBe(true);
    await front.engine.admin.command({ query: `EXPLAIN AST ${statement}` });
  }
});

test('the statements for a cluster, in full', async () => {
  const layout = { cluster: CLUSTER, foreign, inlets };
  const shown = statements(layout).filter((statement) =>
    /^(CREATE|ALTER) [\w ]*?(otel_traces|otel_metrics_sum|telltale_points|telltale_in_otel_metrics_sum|telltale_schema|telltale_points_explicit|telltale_units_sum)(_local|_view)? /.test(
      statement,
    ),
  );
  await expect(`${shown.join(';\n\n')};\n`).toMatchFileSnapshot('../fixtures/cluster.sql');
});
