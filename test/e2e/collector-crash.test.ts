import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openStore } from '../../src/store/store.js';
import { telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { runCollector } from '../support/collector.js';
import { simulatedProcess } from '../support/dashboard-traffic.js';
import { missingSpans, sentSpans } from '../support/sent-spans.js';
import { reached, sendUntilGone, sentPoints } from '../support/steady-senders.js';
import { needsTool } from '../support/tools.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Resolves when a span and a point that are sent now have come through: each queue delivers in its order, and begins with
 * what it held.
 */
async function allDelivered(collectorUrl: string, apiUrl: string): Promise<void> {
  const now = `${Date.now()}000000`;
  const attributes = [{ key: 'feature_flags.last-span', value: { stringValue: 'on' } }];
  // Internal: of SERVER spans the collector's metrics would tell too.
  const span = {
    traceId: '1'.repeat(32),
    spanId: '1'.repeat(16),
    name: 'last',
    kind: 1,
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    attributes,
  };
  const answer = await fetch(`${collectorUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
  expect(answer.status).toBe(200);
  const last = simulatedProcess([`${collectorUrl}/v1/metrics`], {}, true);
  last.serve('last-point', [{ variant: 'on', count: 1, seconds: 0.1 }]);
  await last.end();
  await vi.waitFor(
    async () => {
      const { stdout } = await telltale(['flags', '--json', '--url', apiUrl]);
      const flags = JSON.parse(stdout).flags.map(({ flag }: { flag: string }) => flag);
      expect(flags).toEqual(expect.arrayContaining(['last-span', 'last-point']));
    },
    { timeout: 60_000, interval: 500 },
  );
}

describe('a collector with collector-config.yaml that is killed under load', needsTool('collector'), () => {
  test('delivers all that it acknowledged once it runs again, and nothing counts twice', {
    timeout: 180_000,
  }, async () => {
    const spans = new Set<string>();
    const points = new Set<string>();
    const dataDir = join(folder, 'store');
    const start = (endpoint: string) =>
      runCollector({ state: join(folder, 'queues'), env: { TELLTALE_ENDPOINT: endpoint } });
    const load = (url: string) =>
      Promise.all([
        sendUntilGone(url, '/v1/traces', sentSpans, spans),
        sendUntilGone(url, '/v1/metrics', sentPoints, points),
      ]);

    // Killed while it delivers, and then while there is nobody to deliver to.
    await using first = await telltaleUp(dataDir);
    for (const life of [1, 2]) {
      await using collector = await start(first.otlpUrl);
      if (life === 2) await first.stop('SIGKILL');
      const senders = load(collector.url);
      await reached(spans, life * 3000);
      await reached(points, life * 1000);
      await collector.stop('SIGKILL');
      await senders;
    }

    const backend = await telltaleUp(dataDir);
    await using collector = await start(backend.otlpUrl);
    await allDelivered(collector.url, backend.apiUrl);
    await collector.stop();
    await backend.stop();
    const store = await openStore({ dataDir });
    try {
      expect(await missingSpans(store.query, spans)).toEqual([]);
      const now = Date.now() / 1000;
      const counts = await createClickHouseSource(store.query).counts(
        { flag: 'durable' },
        { from: now - 3600, to: now + 3600 },
        { edgeIndex: 0, calibratedUntil: 0, changes: [] },
      );
      const counted = new Map(counts.map(({ variant, requests }) => [variant, requests]));
      expect([...points].filter((id) => !counted.has(id))).toEqual([]);
      expect(new Set(counted.values())).toEqual(new Set([1]));
      expect(counts).toHaveLength(counted.size);
      // What was under way at a kill may be there too: two senders, two kills, 50 records each.
      expect(counted.size).toBeLessThanOrEqual(points.size + 100);
    } finally {
      await store.close();
    }
  });
});
