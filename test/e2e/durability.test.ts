import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { type BackendProcess, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { missingSpans, type SentSpans, sentSpans } from '../support/sent-spans.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made;
}

/** One request of histogram points, one for each id as a variant. */
function points(count: number): SentSpans {
  const ids = Array.from({ length: count }, () => randomBytes(8).toString('hex'));
  const now = `${Date.now()}000000`;
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const dataPoints = ids.map((id) => ({
    attributes: [attribute('feature_flag.key', 'durable'), attribute('feature_flag.result.variant', id)],
    startTimeUnixNano: now,
    timeUnixNano: now,
    count: 1,
    scale: 2,
    positive: { offset: 0, bucketCounts: [1] },
  }));
  const metric = {
    name: 'telltale.operation.duration',
    unit: 's',
    exponentialHistogram: { aggregationTemporality: 1, dataPoints },
  };
  return { ids, body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }) };
}

/** Sends until the backend is gone; what was answered with 200 counts as acknowledged. */
async function sendUntilGone(
  backend: BackendProcess,
  path: string,
  make: (count: number) => SentSpans,
  acknowledged: Set<string>,
): Promise<void> {
  for (;;) {
    const { ids, body } = make(50);
    try {
      const response = await fetch(`${backend.otlpUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
    for (const id of ids) acknowledged.add(id);
  }
}

async function reached(acknowledged: ReadonlySet<string>, count: number): Promise<void> {
  await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThanOrEqual(count), {
    timeout: 60_000,
    interval: 20,
  });
}

describe('what was acknowledged is there', () => {
  test('after kill -9 under load', { timeout: 120_000 }, async () => {
    const dataDir = folder();
    const acknowledgedSpans = new Set<string>();
    const acknowledgedPoints = new Set<string>();
    for (let life = 1; life <= 3; life += 1) {
      const backend = await telltaleUp(dataDir);
      const senders = [
        sendUntilGone(backend, '/v1/traces', sentSpans, acknowledgedSpans),
        sendUntilGone(backend, '/v1/traces', sentSpans, acknowledgedSpans),
        sendUntilGone(backend, '/v1/metrics', points, acknowledgedPoints),
      ];
      await reached(acknowledgedSpans, life * 3000);
      await reached(acknowledgedPoints, life * 1000);
      await backend.stop('SIGKILL');
      await Promise.all(senders);
    }

    const store = await openStore({ dataDir });
    try {
      const stored = async (sql: string) =>
        new Set((await store.query<{ id: string }>(sql)).map((row) => row.id));
      const storedPoints = await stored("SELECT variant AS id FROM telltale_points WHERE flag = 'durable'");
      expect(await missingSpans(store.query, acknowledgedSpans)).toEqual([]);
      expect([...acknowledgedPoints].filter((id) => !storedPoints.has(id))).toEqual([]);
      expect(acknowledgedSpans.size).toBeGreaterThanOrEqual(9000);
    } finally {
      await store.close();
    }
  });

  test('after SIGTERM under load, and the end is 0', { timeout: 60_000 }, async () => {
    const dataDir = folder();
    const acknowledged = new Set<string>();
    const backend = await telltaleUp(dataDir);
    const sender = sendUntilGone(backend, '/v1/traces', sentSpans, acknowledged);
    await reached(acknowledged, 2000);
    expect(await backend.stop('SIGTERM')).toBe(0);
    await sender;
    const store = await openStore({ dataDir });
    try {
      const rows = await store.query<{ n: number }>('SELECT uniqExact(SpanId) AS n FROM otel_traces');
      expect(Number(rows[0]?.n)).toBe(acknowledged.size);
    } finally {
      await store.close();
    }
  });
});
