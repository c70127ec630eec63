import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/store.js';
import { telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { missingSpans, sentSpans } from '../support/sent-spans.js';
import { reached, sendUntilGone, sentPoints } from '../support/steady-senders.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made;
}

describe('what was acknowledged is there', () => {
  test('after kill -9 under load', { timeout: 120_000 }, async () => {
    const dataDir = folder();
    const acknowledgedSpans = new Set<string>();
    const acknowledgedPoints = new Set<string>();
    for (let life = 1; life <= 3; life += 1) {
      const backend = await telltaleUp(dataDir);
      const senders = [
        sendUntilGone(backend.otlpUrl, '/v1/traces', sentSpans, acknowledgedSpans),
        sendUntilGone(backend.otlpUrl, '/v1/traces', sentSpans, acknowledgedSpans),
        sendUntilGone(backend.otlpUrl, '/v1/metrics', sentPoints, acknowledgedPoints),
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
    const sender = sendUntilGone(backend.otlpUrl, '/v1/traces', sentSpans, acknowledged);
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
