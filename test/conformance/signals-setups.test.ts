import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { LINES } from '../support/app-lines.js';
import { decodeJson } from '../support/app-otlp.js';
import { type App, type AppOptions, fixture, startApp } from '../support/app-process.js';
import { ask, exportTo, total } from '../support/app-requests.js';
import type { Fixtures } from '../support/installed.js';

const SERVER = 2;
const run = promisify(execFile);

describe.each(LINES)('on $line', ({ prepare }) => {
  let fixtures: Fixtures;

  beforeAll(async () => {
    fixtures = await prepare();
  }, 180_000);
  afterAll(() => fixtures[Symbol.dispose]());

  const start = (collector: Collector, options: AppOptions = {}): Promise<App> =>
    startApp({
      fixtures: fixtures.folder,
      ...options,
      env: { ...exportTo(collector), ...options.env },
    });

  it('unsampled traffic is measured in full, with no span and no record of evaluations', async () => {
    await using collector = await startCollector();
    await using app = await start(collector, { env: { OTEL_TRACES_SAMPLER: 'always_off' } });
    for (const path of ['/products/1?on=1', '/products/2?on=1', '/products/3', '/tenants/42/items/3']) {
      expect(await ask(app, path)).toBe(200);
    }
    expect(await ask(app, '/fail')).toBe(500);
    await app.stop();
    const { spans, logs, metric } = decodeJson(collector.exports);
    expect(spans).toEqual([]);
    expect(logs.map((log) => log.eventName)).toEqual(['telltale.operation.failed']);
    const durations = metric('telltale.operation.duration');
    expect(durations.map((point) => point.kind)).toContain('exponentialHistogram');
    const wanted = { 'feature_flag.key': 'new-checkout', 'http.route': '/products/:id' };
    expect(total(durations, { ...wanted, 'feature_flag.result.variant': 'on' })).toBe(2);
    expect(total(durations, { ...wanted, 'feature_flag.result.variant': 'off' })).toBe(1);
    expect(total(durations, { 'http.route': '/tenants/:tenant/items/:item' })).toBe(1);
  });

  it("a pool's worker that another request started does not mix the two", async () => {
    await using collector = await startCollector();
    await using app = await start(collector);
    const pooled = app.message('pooled');
    const first = ask(app, '/pool/first');
    await pooled;
    await Promise.all([first, ask(app, '/pool/second')]);
    await app.stop();
    const { spans, metric } = decodeJson(collector.exports);
    const variants = spans
      .filter((span) => span.kind === SERVER || span.name === 'query of the second')
      .map((span): [string, unknown] => [span.name, span.attributes['feature_flags.new-checkout']]);
    expect(new Map(variants)).toEqual(
      new Map([
        ['GET /pool/first', 'on'],
        ['GET /pool/second', 'off'],
        ['query of the second', 'off'],
      ]),
    );
    const durations = metric('telltale.operation.duration');
    expect(total(durations, { 'http.route': '/pool/first', 'feature_flag.result.variant': 'on' })).toBe(1);
    expect(total(durations, { 'http.route': '/pool/second', 'feature_flag.result.variant': 'off' })).toBe(1);
    expect(total(durations, {})).toBe(2);
  });

  it('an SDK of its own with the processors and views has the same on all three signals', async () => {
    await using collector = await startCollector();
    await using app = await start(collector, { telemetry: 'app-own-sdk' });
    expect(await ask(app, '/work')).toBe(200);
    expect(await ask(app, '/tenants/42/items/3')).toBe(200);
    await app.stop();
    const { spans, logs, metric } = decodeJson(collector.exports);
    const variantOn = (name: string): unknown =>
      spans.find((span) => span.name === name)?.attributes['feature_flags.new-checkout'];
    expect(['GET /work', 'GET /tenants/:tenant/items/:item', 'query', 'before'].map(variantOn)).toEqual([
      'on',
      'on',
      'on',
      undefined,
    ]);
    expect(spans.filter((span) => span.name.includes('flagObservability'))).toEqual([]);
    expect(logs.filter((log) => log.eventName === 'feature_flag.evaluation')).toHaveLength(2);
    expect(logs.find((log) => log.scope === 'app')?.attributes['feature_flags.new-checkout']).toBe('on');
    const durations = metric('telltale.operation.duration');
    expect(durations.map((point) => [point.kind, point.count, point.attributes['http.route']])).toEqual([
      ['exponentialHistogram', 1, '/work'],
      ['exponentialHistogram', 1, '/tenants/:tenant/items/:item'],
    ]);
  });

  it('the Views split http.server.request.duration, unsampled too, and every request counts once', async () => {
    await using collector = await startCollector();
    const env = { OTEL_TRACES_SAMPLER: 'always_off' };
    await using app = await start(collector, { telemetry: 'app-own-sdk', env });
    for (const path of ['/products/1?on=1', '/products/2?on=1', '/products/3']) {
      expect(await ask(app, path)).toBe(200);
    }
    await app.stop();
    const http = decodeJson(collector.exports).metric('http.server.request.duration');
    const byVariant = http.map((point) => [point.attributes['feature_flags.new-checkout'], point.count]);
    expect(byVariant).toEqual([
      ['on', 2],
      ['off', 1],
    ]);
  });

  it('the Views keep 3,000 attribute sets, and make durations exponential', async () => {
    const { stdout } = await run(process.execPath, [fixture('app-views', fixtures.folder)]);
    const EXPONENTIAL_HISTOGRAM = 1;
    const SUM = 3;
    expect(JSON.parse(stdout)).toEqual([
      ['telltale.operation.duration', EXPONENTIAL_HISTOGRAM, 3_000],
      ['telltale.unit.operations', SUM, 3_000],
      // Without a View the SDK stops at its own 2,000.
      ['telltale.dropped', SUM, 2_000],
    ]);
  });

  it.each([
    ['startTelemetry', 'app-commonjs.cjs'],
    ['a NodeSDK of its own', 'app-commonjs-own-sdk.cjs'],
  ])('a CommonJS application under %s has its SERVER span, records and metrics', async (_name, telemetry) => {
    await using collector = await startCollector();
    await using app = await start(collector, { telemetry, entry: 'app-commonjs-server.cjs' });
    expect(await ask(app, '/tenants/42/items/3')).toBe(200);
    await app.stop();
    const { spans, logs, metric } = decodeJson(collector.exports);
    const servers = spans.filter((span) => span.kind === SERVER);
    expect(servers.map((span) => [span.name, span.attributes['feature_flags.new-checkout']])).toEqual([
      ['GET /tenants/:tenant/items/:item', 'on'],
    ]);
    expect(logs.map((log) => [log.eventName, log.traceId])).toEqual([
      ['feature_flag.evaluation', servers[0]?.traceId],
    ]);
    const durations = metric('telltale.operation.duration');
    expect(total(durations, { 'http.route': '/tenants/:tenant/items/:item' })).toBe(1);
  });

  it('an application without OpenTelemetry answers as ever', async () => {
    await using app = await startApp({ fixtures: fixtures.folder, telemetry: undefined });
    expect(await (await app.get('/products/1?on=1')).json()).toEqual({ on: true, search: 'v1' });
    expect(await ask(app, '/fail')).toBe(500);
    await app.stop();
    expect(app.stderr()).toBe('');
    expect(app.process.exitCode).toBe(0);
  });
});
