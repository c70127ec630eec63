import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreStatus } from '../../src/store/status.js';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';

const DAY = 86_400;
let dataDir: string;
let backend: BackendProcess;

beforeAll(async () => {
  dataDir = temporaryFolder();
  backend = await telltaleUp(dataDir, { args: ['--retention', '2d', '--max-disk', '1GB'] });
});
afterAll(async () => {
  await backend.stop('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

/** Log records with these times, and what the receiver says of them. */
async function send(...times: readonly number[]): Promise<unknown> {
  const logRecords = times.map((seconds) => ({
    timeUnixNano: `${Math.round(seconds)}000000000`,
    body: { stringValue: 'x' },
  }));
  const response = await fetch(`${backend.otlpUrl}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }),
  });
  expect(response.status).toBe(200);
  return response.json();
}

test('db status asks the running backend: tables, retention, cap, and what was refused for its time', async () => {
  const now = Date.now() / 1000;
  expect(await send(now, now - DAY)).toEqual({});
  expect(await send(now - 3 * DAY, now, now + 7200)).toEqual({
    partialSuccess: {
      rejectedLogRecords: '2',
      errorMessage: expect.stringContaining('1 older than the 48 h'),
    },
  });
  const { code, stdout } = await telltale(['db', 'status', '--url', backend.apiUrl]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^schema version 2\n/);
  expect(stdout).toMatch(
    /\notel_logs +3 +[\d.]+ kB +[\d,]+ +\d{4}-\d\d-\d\d \d\d:\d\dZ +\d{4}-\d\d-\d\d \d\d:\d\dZ +2 d\n/,
  );
  expect(stdout).toContain('\nkeeps rows 2 d; disk cap 1 GB\n');
  expect(stdout).toContain('\nrefused for their time since the start: 1 too old, 1 too far ahead\n');
});

test('--json is the document of the API', async () => {
  const { stdout } = await telltale(['db', 'status', '--url', backend.apiUrl, '--json']);
  const status = JSON.parse(stdout) as StoreStatus;
  expect(status).toEqual(await (await fetch(`${backend.apiUrl}/api/v1/status`)).json());
  expect(status).toMatchObject({
    schemaVersion: 2,
    rows: 3,
    retentionSeconds: 2 * DAY,
    maxDiskBytes: 1e9,
    refused: { tooOld: 1, tooNew: 1 },
    dropped: { partitions: 0, rows: 0, bytes: 0 },
  });
  const logs = status.tables.find(({ name }) => name === 'otel_logs');
  expect(logs?.bytesPerRow).toBeCloseTo((logs?.bytes ?? 0) / 3, 9);
});

test('a folder is looked into by itself once no backend has it open', async () => {
  const locked = await telltale(['db', 'status', '--data', dataDir]);
  expect(locked).toMatchObject({ code: 69, stderr: expect.stringContaining('telltale db status --url URL') });
  await backend.stop();
  const { code, stdout } = await telltale(['db', 'status', '--data', dataDir]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\notel_logs +3 /);
  expect(stdout).not.toContain('disk cap');
});

test('up without --retention keeps what the store has; a new store has 14 days', async () => {
  for (const [folder, kept] of [
    [dataDir, '2 d'],
    [`${dataDir}/new`, '14 d'],
  ] as const) {
    backend = await telltaleUp(folder);
    const { stdout } = await telltale(['db', 'status', '--url', backend.apiUrl]);
    expect(stdout).toContain(`\nkeeps rows ${kept}; no disk cap\n`);
    await backend.stop();
  }
});

test.each([
  [['db', 'status', '--data', '/nowhere/at/all'], 'There is no store in "/nowhere/at/all"'],
  [['db', 'status', '--data', '/etc'], 'There is no store in "/etc"'],
  [['db', 'status', '--cluster', 'main'], '--cluster is for looking at a server oneself'],
  [['db', 'status', '--data', 'a', '--token-file', 'b'], '--token-file is for asking a backend'],
  [['db', 'status', '--data', 'a', '--url', 'http://127.0.0.1:1'], 'Give --url to ask a backend'],
  [['db', 'vacuum'], 'it knows status'],
  [['up', '--retention', '5m'], '--retention must be at least 1h, or 0 or forever'],
  [['up', '--max-disk', '10'], '--max-disk must be a size above 0 in MB, GB'],
  [['up', '--cluster', 'main'], '--cluster needs --clickhouse URL'],
  [['up', '--cluster', "a' b", '--clickhouse', 'http://127.0.0.1:1'], "--cluster must be a cluster's name"],
])('%j is refused as wrong usage', async (args, message) => {
  expect(await telltale(args)).toMatchObject({ code: 64, stderr: expect.stringContaining(message) });
});
