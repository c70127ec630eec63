import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type App, startApp } from '../support/app-process.js';
import { startProxy } from '../support/connect-proxy.js';
import { accept, type DatadogIntake, decoded, startDatadogIntake } from '../support/datadog-intake.js';

const KEY = '0123456789abcdef0123456789abcdef';

/** Exports once a minute: what comes, comes of the end of the process. */
function start(intake: DatadogIntake, env: Record<string, string> = {}, telemetry?: string): Promise<App> {
  const datadog = { TELLTALE_EXPORTER: 'datadog', DD_API_KEY: KEY };
  return startApp({
    ...(telemetry === undefined ? {} : { telemetry, entry: 'app-no-code' }),
    env: { ...intake.env, ...datadog, ...env },
  });
}

/** DELTA of OTLP. */
const DELTA = 1;

describe('the exporter datadog', () => {
  it("sends all three signals to Datadog's intake, as it takes them", async () => {
    await using intake = await startDatadogIntake();
    await using app = await start(intake);
    for (let i = 0; i < 3; i += 1) await app.get('/products/1?on=1');
    await app.stop();
    expect(app.stderr()).toBe('');

    const paths = intake.requests.map(({ path }) => path).sort();
    expect(paths).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces']);
    for (const { path, headers } of intake.requests) {
      expect(headers).toMatchObject({
        host: 'otlp.datadoghq.com',
        'dd-api-key': KEY,
        'content-type': 'application/x-protobuf',
        'content-encoding': 'gzip',
      });
      expect(headers['compute_stats']).toBe(path === '/v1/traces' ? 'true' : undefined);
      expect(headers['dd-otel-metric-config']).toBe(
        path === '/v1/metrics' ? '{"resource_attributes_as_tags":true}' : undefined,
      );
    }

    const { spans, metrics, logs } = decoded(intake.requests);
    const served = spans.filter((span) => span.kind === 2).map(({ attributes }) => attributes);
    expect(served).toHaveLength(3);
    expect(served[0]).toMatchObject({ 'feature_flags.new-checkout': 'on' });
    expect(logs.map(({ eventName }) => eventName)).toContain('feature_flag.evaluation');
    const instance = metrics[0]?.resource.attributes['service.instance.id'];
    expect(instance).toMatch(/^[0-9a-f-]{36}$/);
    expect([spans, logs].map(([record]) => record?.resource.attributes['service.instance.id'])).toEqual([
      instance,
      instance,
    ]);
    const durations = metrics.filter(({ name }) => name === 'telltale.operation.duration');
    expect(durations).toMatchObject([{ type: 'exponentialHistogram', temporality: DELTA }]);
  });

  it('gives each interval its own counts, of observable counters too', async () => {
    await using intake = await startDatadogIntake();
    await using app = await start(intake, { OTEL_METRIC_EXPORT_INTERVAL: '200', OTEL_LOGS_EXPORTER: 'none' });
    const evaluations = () =>
      decoded(intake.requests)
        .metrics.filter(({ name }) => name === 'feature_flag.evaluations')
        .map((metric) => {
          if (metric.type !== 'sum') throw new Error(`${metric.name} is a ${metric.type}`);
          expect(metric.temporality).toBe(DELTA);
          return metric.points.reduce((sum, { value }) => sum + value, 0);
        });
    const total = () => evaluations().reduce((sum, value) => sum + value, 0);
    for (let round = 1; round <= 3; round += 1) {
      await app.get('/again');
      while (total() < round * 3) await intake.received(intake.requests.length + 1);
    }
    await app.stop();
    expect(evaluations().filter((value) => value !== 0)).toEqual([3, 3, 3]);
    expect(intake.requests.map(({ path }) => path)).not.toContain('/v1/logs');
  });

  it('goes where DD_SITE says, and takes nothing of what is meant for other backends', async () => {
    await using intake = await startDatadogIntake();
    await using app = await start(intake, {
      DD_SITE: 'us5.datadoghq.com',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-another-backend',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
      OTEL_LOG_LEVEL: 'warn',
    });
    await app.get('/products/1');
    await app.stop();
    expect(intake.requests).toHaveLength(3);
    for (const { headers } of intake.requests) {
      expect(headers).toMatchObject({ host: 'otlp.us5.datadoghq.com', 'content-encoding': 'gzip' });
      expect(headers.authorization).toBeUndefined();
    }
    expect(decoded(intake.requests).metrics).toContainEqual(expect.objectContaining({ temporality: DELTA }));
    expect(app.stderr()).toMatch(/OTEL_EXPORTER_OTLP_HEADERS.* is read by the exporter otlp alone/);
  });

  it('tells processes apart where the SDK looks for nothing by itself', async () => {
    await using intake = await startDatadogIntake();
    const instances = new Set<string | undefined>();
    for (let process = 1; process <= 2; process += 1) {
      await using app = await start(intake, {
        OTEL_NODE_RESOURCE_DETECTORS: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      });
      await app.get('/products/1');
      await app.stop();
      instances.add(decoded(intake.requests).metrics.at(-1)?.resource.attributes['service.instance.id']);
    }
    expect(instances.size).toBe(2);
    expect(instances).not.toContain(undefined);
  });

  it.each([429, 503])('sends again what was answered with %i, when Retry-After says', async (status) => {
    const refuseFirst = (response: ServerResponse, number: number): void => {
      if (number < 3) response.writeHead(status, { 'retry-after': '1' }).end();
      else accept(response);
    };
    await using intake = await startDatadogIntake(refuseFirst);
    await using app = await start(intake);
    await app.get('/products/1?on=1');
    await app.stop();
    expect(app.stderr()).toBe('');
    const bodies = (from: number, to: number) =>
      intake.requests
        .slice(from, to)
        .map(({ path, body }) => `${path} ${body.toString('hex')}`)
        .sort();
    expect(intake.requests).toHaveLength(6);
    expect(bodies(3, 6)).toEqual(bodies(0, 3));
  });

  it('says once for each signal what a refused key means', async () => {
    await using intake = await startDatadogIntake((response) => response.writeHead(403).end());
    await using app = await start(intake, { OTEL_LOG_LEVEL: 'error', OTEL_METRIC_EXPORT_INTERVAL: '100' });
    await app.get('/products/1');
    await intake.received(6);
    await app.stop();
    const said = app.stderr().match(/telltale: https:\/\/otlp\.datadoghq\.com\/v1\/metrics answers 403.*/g);
    expect(said).toEqual([
      expect.stringContaining('Is DD_API_KEY a key of an organization on datadoghq.com'),
    ]);
    expect(app.stderr()).not.toContain(KEY);
  });

  it('goes through the proxy that Node is told of', async () => {
    await using intake = await startDatadogIntake();
    await using proxy = await startProxy(Number(new URL(intake.url).port));
    await using app = await start(intake, {
      NODE_OPTIONS: '',
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: proxy.url,
    });
    await app.get('/products/1?on=1');
    await app.stop();
    expect(app.stderr()).toBe('');
    expect(intake.requests).toHaveLength(3);
    expect(new Set(proxy.asked)).toEqual(new Set(['otlp.datadoghq.com:443']));
  });

  it('delivers on SIGTERM what two signals have, though the third is refused meanwhile', async () => {
    const seen = new Set<string>();
    await using intake = await startDatadogIntake((response) => {
      const path = response.req.url ?? '';
      if (path === '/v1/traces') response.writeHead(403).end();
      else if (seen.has(path)) accept(response);
      else response.writeHead(503, { 'retry-after': '1' }).end();
      seen.add(path);
    });
    await using app = await start(intake, {}, 'telltale/register');
    await app.get('/products/1?on=1');
    const exited = once(app.process, 'exit', { signal: AbortSignal.timeout(10_000) });
    app.process.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
    const paths = intake.requests.map(({ path }) => path).sort();
    expect(paths).toEqual(['/v1/logs', '/v1/logs', '/v1/metrics', '/v1/metrics', '/v1/traces']);
  });

  it('delivers the last data of an application that SIGTERM ends', async () => {
    await using intake = await startDatadogIntake();
    await using app = await start(intake, {}, 'telltale/register');
    await app.get('/products/1?on=1');
    const exited = once(app.process, 'exit', { signal: AbortSignal.timeout(10_000) });
    app.process.kill('SIGTERM');
    expect(await exited).toEqual([null, 'SIGTERM']);
    const { spans, metrics, logs } = decoded(intake.requests);
    expect(spans.some(({ attributes }) => 'feature_flags.checkout' in attributes)).toBe(true);
    expect(logs).not.toEqual([]);
    expect(metrics.map(({ name }) => name)).toContain('telltale.operation.duration');
  });
});
