import { beforeAll, describe, expect, test } from 'vitest';
import { decodeLogsJson, decodeMetricsJson, decodeTracesJson } from '../../src/otlp/index.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { EvidenceKind } from '../../src/sources/source.js';
import type { Store } from '../../src/store/store.js';
import { type Export, startCollector } from '../support/app-collector.js';
import { startApp } from '../support/app-process.js';
import { ask, exportTo } from '../support/app-requests.js';
import { attributes } from '../support/points.js';
import { temporaryStore } from '../support/temporary-store.js';

/** 12 with the control, 6 with the treatment, and 3 of it that fail. */
const PATHS = [
  ...Array.from({ length: 12 }, (_, i) => `/products/${i}`),
  ...Array.from({ length: 6 }, (_, i) => `/products/${i}?on=1`),
  ...Array.from({ length: 3 }, () => '/fail'),
];

let exports: readonly Export[];
beforeAll(async () => {
  await using collector = await startCollector();
  await using app = await startApp({ telemetry: 'app-own-sdk', env: exportTo(collector) });
  for (const path of PATHS) await ask(app, path);
  await app.stop();
  exports = [...collector.exports];
});

const bodies = (path: string): Buffer[] => exports.filter((one) => one.path === path).map(({ body }) => body);

async function putMetric(store: Store, name: string): Promise<void> {
  for (const body of bodies('/v1/metrics')) {
    await store.sink.metrics(decodeMetricsJson(body).rows.filter((metric) => metric.name === name));
  }
}

const isFlag = ([key]: readonly [string, string]): boolean => key.startsWith('feature_flags.');

async function putSpans(store: Store, withFlags: boolean): Promise<void> {
  for (const body of bodies('/v1/traces')) {
    const spans = decodeTracesJson(body).rows.map((span) => {
      const kept = Object.entries(span.attributes).filter((entry) => withFlags || !isFlag(entry));
      return { ...span, attributes: attributes(Object.fromEntries(kept)) };
    });
    await store.sink.spans(spans);
  }
}

async function putLogs(store: Store): Promise<void> {
  for (const body of bodies('/v1/logs')) await store.sink.logs(decodeLogsJson(body).rows);
}

/** What an application with Telltale sends, or as much of it as gets through, is counted alike. */
describe('of what an application with Telltale sends', () => {
  const parts: readonly [string, EvidenceKind, number | null, (store: Store) => Promise<unknown>][] = [
    [
      'its own histogram',
      'operation-duration',
      1,
      (store) => putMetric(store, 'telltale.operation.duration'),
    ],
    [
      'HTTP durations with its View',
      'http-duration',
      1,
      (store) => putMetric(store, 'http.server.request.duration'),
    ],
    ['its spans', 'entry-spans', null, (store) => putSpans(store, true)],
    [
      'its records, with spans that name no flag',
      'hook-events',
      null,
      (store) => Promise.all([putSpans(store, false), putLogs(store)]),
    ],
  ];

  describe.each(parts)('%s', (_, kind, samplingRate, put) => {
    const store = temporaryStore();

    test('is a comparison of what was asked for', async () => {
      await put(store());
      const source = createClickHouseSource(store().query);
      const now = Date.now() / 1000;
      const window = { from: now - 3600, to: now };
      const selection = { flag: 'new-checkout' };
      const cut = { edgeIndex: 0, calibratedUntil: 0, changes: [] };
      const counts = await source.counts(selection, window, cut);
      const sums = ['off', 'on'].map((variant) => {
        const own = counts.filter((count) => count.variant === variant && count.assignment === 'assigned');
        return [
          variant,
          own.reduce((sum, { requests }) => sum + requests, 0),
          own.reduce((sum, { errors }) => sum + errors, 0),
        ];
      });
      expect(sums).toEqual([
        ['off', 12, 0],
        ['on', 9, 3],
      ]);
      expect((await source.evidence(selection, window)).map((use) => [use.kind, use.samplingRate])).toEqual([
        [kind, samplingRate],
      ]);
    });
  });
});
