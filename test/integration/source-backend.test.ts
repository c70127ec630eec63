import { expect, it, onTestFinished } from 'vitest';
import { startSourceBackend } from '../../src/server/source-backend.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import { openSource } from '../../src/sources/location.js';
import type { Source } from '../../src/sources/source.js';
import { exponentialPoint } from '../support/points.js';
import { freshFlag, temporaryStore } from '../support/temporary-store.js';

const store = temporaryStore();

async function served(source: Source) {
  const errors: unknown[] = [];
  const access = { host: '127.0.0.1', allowedHosts: [], writeToken: undefined, readToken: 'r'.repeat(16) };
  const backend = await startSourceBackend({
    ...{ access, apiPort: 0, source, dashboards: [] },
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => backend.close());
  const get = (path: string, token = '') =>
    fetch(`${backend.apiUrl}${path}`, { headers: token === '' ? {} : { authorization: `Bearer ${token}` } });
  return { get, errors };
}

it('is alive and ready, and counts what it is asked, but nothing of what it does not receive', async () => {
  const { get, errors } = await served(createClickHouseSource(store().query));
  expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200]);
  expect((await get('/metrics')).status).toBe(401);
  const metrics = await (await get('/metrics', 'r'.repeat(16))).text();
  expect(metrics).toContain('telltale_api_requests_total{route="/readyz",status="200"} 1\n');
  expect(metrics).toContain('telltale_api_requests_total{route="/metrics",status="401"} 1\n');
  expect(metrics).toMatch(/^process_memory_usage_bytes \d+$/m);
  expect(metrics).not.toContain('otlp');
  expect(errors).toEqual([]);
});

it('is not ready while its store does not answer, and goes on', async () => {
  const { get, errors } = await served(openSource('prometheus+http://127.0.0.1:9', {}));
  const reply = await get('/readyz');
  expect([reply.status, await reply.json()]).toEqual([
    503,
    { status: 'not ready', why: expect.stringContaining('answers with an error') },
  ]);
  expect(String(errors[0])).toContain('127.0.0.1:9');
  expect((await get('/healthz')).status).toBe(200);
});

it('says of what only a store of our own has that it cannot give it', async () => {
  const flag = freshFlag();
  const now = Date.now() / 1000;
  await store().sink.metrics([
    exponentialPoint(
      { flag, variant: 'off' },
      { start: now - 60, time: now - 30, scale: 2, buckets: new Map([[-21, 10]]) },
      2,
    ),
  ]);
  const { routes: _, latencySteps: _steps, ...source } = createClickHouseSource(store().query);
  const { get, errors } = await served(source);
  const ask = async (path: string) => {
    const reply = await get(`/api/v1/${path}`, 'r'.repeat(16));
    return { status: reply.status, ...((await reply.json()) as Record<string, unknown>) };
  };
  const without = expect.stringContaining('send the telemetry to telltale up');
  const empty = { status: 200, leftOut: 0, cannot: without };
  expect(await ask(`flags/${flag}/failures`)).toMatchObject({ ...empty, kinds: [] });
  expect(await ask(`flags/${flag}/evaluations`)).toMatchObject({ ...empty, kinds: [], evaluations: 0 });
  expect(await ask(`flags/${flag}/breakdown?by=reason`)).toMatchObject({ ...empty, groups: [] });
  expect(await ask(`flags/${flag}/breakdown?by=route`)).toMatchObject({ ...empty, groups: [] });
  expect(await ask(`flags/${flag}/breakdown?by=version`)).toMatchObject({
    status: 200,
    groups: [{ name: 'shop', variants: [{ variant: 'off', requests: 10 }] }],
    cannot: null,
  });
  expect(await ask(`flags/${flag}/course?steps=2`)).toMatchObject({
    status: 200,
    variants: [
      { variant: 'off', requests: expect.arrayContaining([10]), p95: expect.arrayContaining([null]) },
    ],
    cannot: expect.stringContaining('no percentiles over time'),
  });
  expect(await ask(`flags/${flag}/latency`)).toMatchObject({
    status: 200,
    variants: [{ variant: 'off', requests: 10, buckets: [{ requests: 10 }] }],
  });
  expect(await ask(`traces/${'a'.repeat(32)}`)).toMatchObject({
    status: 404,
    error: { message: expect.stringContaining('This backend stores no spans') },
  });
  expect(errors).toEqual([]);
});
