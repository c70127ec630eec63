import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type BackendProcess, telltale, telltaleUp, temporaryFolder } from '../support/backend-process.js';
import { grpcClient } from '../support/grpc-client.js';
import { encodeMessage, type JsonForm } from '../support/otlp-encoder.js';
import { metricForm, spanForm, traceForm } from '../support/otlp-forms.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { startPrometheus } from '../support/prometheus.js';
import { needsTool } from '../support/tools.js';

const TOKEN = 'token-0123456789abcdef';

let dataDir: string;
let backend: BackendProcess;
beforeAll(async () => {
  dataDir = temporaryFolder();
  backend = await telltaleUp(dataDir, { env: { TELLTALE_TOKEN: TOKEN } });
});
afterAll(async () => {
  expect(await backend.stop()).toBe(0);
  rmSync(dataDir, { recursive: true, force: true });
});

const authorization = `Bearer ${TOKEN}`;
const now = `${Date.now()}000000`;
const span = (more: JsonForm = {}) => spanForm({ startTimeUnixNano: now, endTimeUnixNano: now, ...more });

async function send(path: string, body: JsonForm | string, headers = { authorization }): Promise<number> {
  const { status } = await fetch(`${backend.otlpUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return status;
}

/** Samples by name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${backend.apiUrl}/metrics`, { headers: { authorization } });
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

test('health and readiness are told to anybody, metrics to who may read', async () => {
  for (const [path, status] of [
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 401],
  ] as const) {
    expect((await fetch(`${backend.apiUrl}${path}`)).status).toBe(status);
  }
});

test('whatever is sent is counted as stored or refused, with why', async () => {
  const points = [{ timeUnixNano: now, asInt: '1' }, { timeUnixNano: now }];
  const spans = traceForm(span(), span({ traceId: '01' }), span({ startTimeUnixNano: '1' }));
  const bytes = JSON.stringify(spans).length;
  expect(await send('/v1/traces', spans)).toBe(200);
  expect(await send('/v1/metrics', metricForm({ name: 'm', gauge: { dataPoints: points } }))).toBe(200);
  expect(await send('/v1/traces', '{')).toBe(400);
  expect(await send('/v1/nothing', '{}')).toBe(404);
  expect(await send('/v1/traces', '{}', { authorization: 'Bearer wrong' })).toBe(401);
  const client = grpcClient(backend.grpcUrl ?? '');
  const body = encodeMessage('ExportTraceServiceRequest', traceForm(span(), span()));
  expect((await client.call(body, { metadata: { authorization } })).code).toBe('OK');
  client.close();
  await fetch(`${backend.apiUrl}/api/v1/flags/none/comparison`, { headers: { authorization } });

  const seen = await scrape();
  expect(Object.fromEntries(seen)).toMatchObject({
    'telltale_otlp_requests_total{protocol="http",signal="traces",status="200"}': 1,
    'telltale_otlp_requests_total{protocol="http",signal="metrics",status="200"}': 1,
    'telltale_otlp_requests_total{protocol="http",signal="traces",status="400"}': 1,
    'telltale_otlp_requests_total{protocol="http",signal="unknown",status="404"}': 1,
    'telltale_otlp_requests_total{protocol="http",signal="unknown",status="401"}': 1,
    'telltale_otlp_requests_total{protocol="grpc",signal="traces",status="200"}': 1,
    'telltale_otlp_received_bytes_total{protocol="http",signal="traces"}': bytes + 1,
    'telltale_otlp_received_bytes_total{protocol="grpc",signal="traces"}': body.length,
    'telltale_otlp_records_accepted_total{signal="traces"}': 3,
    'telltale_otlp_records_refused_total{signal="traces",reason="invalid"}': 1,
    'telltale_otlp_records_refused_total{signal="traces",reason="not_stored"}': 1,
    'telltale_store_records_refused_total{reason="too_old"}': 1,
    'telltale_store_records_refused_total{reason="too_new"}': 0,
    telltale_store_dropped_bytes_total: 0,
    'telltale_otlp_records_accepted_total{signal="metrics"}': 1,
    'telltale_otlp_records_refused_total{signal="metrics",reason="invalid"}': 1,
    telltale_otlp_held_bytes: 0,
    'telltale_api_requests_total{route="/api/v1/flags/:key/comparison",status="404"}': 1,
    'telltale_store_rows_total{table="otel_traces"}': 3,
    'telltale_store_rows_total{table="otel_metrics_gauge"}': 1,
    telltale_store_insert_duration_seconds_count: 3,
    telltale_store_insert_failures_total: 0,
    telltale_store_waiting_requests: 0,
    telltale_store_waiting_bytes: 0,
  });
  for (const name of [
    'telltale_store_disk_bytes{table="otel_traces"}',
    'telltale_store_insert_duration_seconds_sum',
    'process_memory_usage_bytes',
    'process_cpu_time_seconds_total{cpu_mode="user"}',
    'process_uptime_seconds',
    'nodejs_eventloop_delay_p99_seconds',
  ]) {
    expect(seen.get(name), name).toBeGreaterThan(0);
  }
});

test('Prometheus scrapes it, with the token', needsTool('prometheus'), async () => {
  const job = {
    job_name: 'telltale',
    scrape_interval: '1s',
    authorization: { credentials: TOKEN },
    static_configs: [{ targets: [new URL(backend.apiUrl).host] }],
  };
  await using prometheus = await startPrometheus(JSON.stringify({ scrape_configs: [job] }));
  const query = encodeURIComponent('telltale_otlp_records_accepted_total{job="telltale",signal="traces"}');
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=${query}`);
      expect(await answer.json()).toMatchObject({ data: { result: [{ value: [expect.any(Number), '3'] }] } });
    },
    { timeout: 20_000, interval: 200 },
  );
});

test('the same metrics go to an OTLP receiver, and an option is all it takes', async () => {
  const receiver = await startReceiver();
  const folder = temporaryFolder();
  const observed = await telltaleUp(folder, { args: ['--self-telemetry', `${receiver.url}/`] });
  const client = grpcClient(observed.grpcUrl ?? '');
  await client.call(encodeMessage('ExportTraceServiceRequest', traceForm(span(), span({ traceId: '01' }))));
  client.close();
  const scraped = await fetch(`${observed.apiUrl}/metrics`);
  const names = [...(await scraped.text()).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  // The last values are sent before it ends.
  expect([await observed.stop(), observed.stderr()]).toEqual([0, '']);
  await receiver.close();
  rmSync(folder, { recursive: true });

  const byName = new Map(receiver.metrics.map((metric) => [metric.name, metric]));
  expect(byName.size).toBe(names.length);
  expect(byName.get('telltale.otlp.records.accepted')).toMatchObject({
    ...{ type: 'sum', isMonotonic: true, temporality: 2, unit: '{record}' },
    resource: { attributes: { 'service.name': 'telltale', 'service.version': expect.stringMatching(/^\d/) } },
    points: [{ value: 1, attributes: { signal: 'traces' } }],
  });
  expect(byName.get('telltale.otlp.held')).toMatchObject({ type: 'gauge', points: [{ value: 0 }] });
  const duration = byName.get('telltale.store.insert.duration');
  expect(duration).toMatchObject({ type: 'histogram', temporality: 2, unit: 's', points: [{ count: 1 }] });
  const [point] = duration?.type === 'histogram' ? duration.points : [];
  expect(point?.bucketCounts.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(point?.sum).toBeGreaterThan(0);
  expect((point?.startTimeUnixNano ?? 0n) < (point?.timeUnixNano ?? 0n)).toBe(true);
});

test('a receiver of its metrics that is not there is told once, and holds nothing up', async () => {
  const receiver = await startReceiver();
  await receiver.close();
  const folder = temporaryFolder();
  const observed = await telltaleUp(folder, { args: ['--self-telemetry', receiver.url] });
  const began = performance.now();
  expect(await observed.stop()).toBe(0);
  // Exporters wait 10 s by default.
  expect(performance.now() - began).toBeLessThan(8000);
  expect(observed.stderr()).toMatch(/no answer within 3 s|ECONNREFUSED/);
  rmSync(folder, { recursive: true });
});

test('an address that is none is refused', async () => {
  const refused = await telltale(['up', '--self-telemetry', 'collector:4318']);
  expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('--self-telemetry must be')]);
});
