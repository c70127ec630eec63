import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { type ClickHouseFront, clickHouseFront } from '../support/clickhouse-front.js';
import { firstAnswer } from '../support/exporter-answers.js';
import { exportSpan, sentSpans } from '../support/sent-spans.js';

const TIMEOUT = { timeout: 60_000 };
const dataDir = temporaryFolder();
let clickhouse: ClickHouseFront;
let backend: BackendProcess;
beforeAll(async () => {
  clickhouse = await clickHouseFront(dataDir);
  backend = await telltaleUp({ clickhouseUrl: clickhouse.url });
});
afterAll(async () => {
  await backend.stop('SIGKILL');
  await clickhouse.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function send(path: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${backend.otlpUrl}${path}`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response;
}

async function stored(sql: string): Promise<number> {
  const result = await clickhouse.engine.admin.query({ query: `SELECT ${sql}`, format: 'JSONEachRow' });
  const [row] = await result.json<Record<string, unknown>>();
  return Number(Object.values(row ?? {})[0]);
}

test(
  'a ClickHouse that is gone: 503 meanwhile, and once it is back the exporter delivers and all is there',
  TIMEOUT,
  async () => {
    const before = sentSpans(50);
    expect((await send('/v1/traces', before.body)).status).toBe(200);

    await clickhouse.stop();
    const refused = await send('/v1/traces', sentSpans(50).body);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await fetch(`${backend.apiUrl}/api/v1/flags`)).status).toBe(502);
    const asked = await telltale(['flags', '--url', backend.apiUrl]);
    expect([asked.code, asked.stderr]).toEqual([
      69,
      expect.stringMatching(/^The backend's ClickHouse does not answer \(\w+\)\.\n$/),
    ]);
    const back = firstAnswer(503).then(() => clickhouse.start());
    const exported = await exportSpan(backend.otlpUrl);
    await back;

    expect(exported.acknowledged).toBe(true);
    expect((await fetch(`${backend.apiUrl}/api/v1/flags`)).status).toBe(200);
    expect(await stored("uniqExact(SpanId) FROM otel_traces WHERE ServiceName = 'durable'")).toBe(50);
    expect(await stored(`count() FROM otel_traces WHERE SpanId = '${exported.id}'`)).toBe(1);
  },
);

test('an insert whose answer is lost is sent again, and counts once', TIMEOUT, async () => {
  const now = `${Date.now()}000000`;
  const point = (variant: string) => ({
    attributes: [
      { key: 'feature_flag.key', value: { stringValue: 'lost' } },
      { key: 'feature_flag.result.variant', value: { stringValue: variant } },
      { key: 'telltale.assignment', value: { stringValue: 'assigned' } },
    ],
    startTimeUnixNano: now,
    timeUnixNano: now,
    count: 7,
    scale: 2,
    positive: { offset: 0, bucketCounts: [7] },
  });
  const exponentialHistogram = { aggregationTemporality: 1, dataPoints: [point('on'), point('off')] };
  const metrics = [{ name: 'telltale.operation.duration', unit: 's', exponentialHistogram }];
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
  clickhouse.loseNextAnswer();
  expect((await send('/v1/metrics', body)).status).toBe(503);
  expect((await send('/v1/metrics', body)).status).toBe(200);
  expect(await stored('count() FROM otel_metrics_exponential_histogram')).toBe(4);
  const { stdout } = await telltale(['compare', 'lost', '--json', '--url', backend.apiUrl]);
  expect(JSON.parse(stdout).variants).toEqual([
    expect.objectContaining({ variant: 'off', requests: 7 }),
    expect.objectContaining({ variant: 'on', requests: 7 }),
  ]);
});
