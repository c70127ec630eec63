import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startApp } from '../support/app-process.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { clickHouseFront } from '../support/clickhouse-front.js';
import { runCollector } from '../support/collector.js';
import { needsTool } from '../support/tools.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** 60 with `off`, 30 with `on` of which 5 fail. */
const PATHS = [
  ...Array.from({ length: 60 }, (_, i) => `/products/${i}`),
  ...Array.from({ length: 25 }, (_, i) => `/products/${i}?on=1`),
  ...Array.from({ length: 5 }, () => '/fail'),
];

describe(
  "a collector's ClickHouse exporter, to chDB behind a server's HTTP interface",
  needsTool('collector'),
  () => {
    test('fills the tables that telltale up made, and it compares from them', {
      timeout: 180_000,
    }, async () => {
      const front = await clickHouseFront(join(folder, 'clickhouse'));
      await using backend = await telltaleUp({ clickhouseUrl: front.url });
      await using collector = await runCollector({
        state: join(folder, 'queues'),
        env: { TO_TELLTALE: 'nop', TO_CLICKHOUSE: 'clickhouse', CLICKHOUSE_ENDPOINT: front.url },
        set: ['exporters.clickhouse.compress=none'],
      });
      await using app = await startApp({
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
          OTEL_METRIC_EXPORT_INTERVAL: '1000',
          OTEL_METRIC_EXPORT_TIMEOUT: '1000',
        },
      });
      for (const path of PATHS) await (await app.get(path)).arrayBuffer();
      await app.stop();

      const rows = async (table: string, where: string): Promise<number> => {
        const query = `SELECT count()::UInt32 AS n FROM ${table} WHERE ${where}`;
        const result = await front.engine.admin.query({ query, format: 'JSONEachRow' });
        const [row] = await result.json<{ n: number }>();
        return row?.n ?? 0;
      };
      await vi.waitFor(
        async () => {
          const asked = ['compare', 'new-checkout', '--json', '--url', backend.apiUrl];
          const { stdout, stderr } = await telltale(asked);
          expect(stderr).toBe('');
          expect(JSON.parse(stdout)).toMatchObject({
            evidence: [{ kind: 'operation-duration' }],
            variants: [
              { variant: 'off', requests: 60, errors: 0 },
              { variant: 'on', requests: 30, errors: 5 },
            ],
            comparisons: [{ treatment: 'on', verdict: 'roll-back' }],
          });
          expect(await rows('otel_traces', "SpanAttributes['feature_flags.new-checkout'] = 'on'")).toBe(30);
          expect(
            await rows(
              'otel_logs',
              "EventName = 'feature_flag.evaluation' AND LogAttributes['feature_flag.key'] = 'new-checkout'",
            ),
          ).toBe(90);
        },
        { timeout: 60_000, interval: 1000 },
      );
      await collector.stop();
      await backend.stop();
      await front.close();
    });
  },
);
