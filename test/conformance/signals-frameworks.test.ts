import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { LINES } from '../support/app-lines.js';
import { decodeJson, type Point, type Span } from '../support/app-otlp.js';
import { type App, startApp } from '../support/app-process.js';
import { abandon, exportTo } from '../support/app-requests.js';

const SERVER = 2;

const FRAMEWORKS = [
  { name: 'Fastify', entry: 'app-fastify', routed: true },
  { name: 'Koa', entry: 'app-koa', routed: true },
  { name: 'Hono', entry: 'app-hono', routed: true },
  { name: 'node:http', entry: 'app-http', routed: false },
];

async function drive(app: App): Promise<void> {
  for (const path of ['/products/1', '/products/2', '/fail', '/nowhere']) await (await app.get(path)).text();
  await (await fetch(`${app.url}/orders`, { method: 'POST', body: 'one book' })).text();
  await abandon(app);
}

const ROWS = LINES.flatMap((line) => FRAMEWORKS.map((framework) => ({ ...line, ...framework })));

describe.each(ROWS)('a $name application under instrumentation-http alone, $line', (row) => {
  const { entry, routed, prepare } = row;
  let collector: Collector;
  let received: ReturnType<typeof decodeJson>;
  let durations: Point[];
  let stderr = '';

  beforeAll(async () => {
    using fixtures = await prepare();
    collector = await startCollector();
    await using app = await startApp({
      entry,
      fixtures: fixtures.folder,
      telemetry: 'app-telemetry-http',
      env: { ...exportTo(collector), OTEL_LOG_LEVEL: 'warn' },
    });
    await drive(app);
    await app.stop();
    stderr = app.stderr();
    received = decodeJson(collector.exports);
    durations = received.metric('telltale.operation.duration');
  }, 180_000);
  afterAll(() => collector[Symbol.asyncDispose]());

  it('warns of nothing', () => {
    expect(stderr).toBe('');
  });

  it('writes the variant on every SERVER span', () => {
    const server = received.spans.filter((span: Span) => span.kind === SERVER);
    const variants = server.map(({ attributes }) => attributes['feature_flags.new-checkout']);
    expect(variants).toEqual(Array.from({ length: 6 }, () => 'on'));
  });

  it('records each request once, as the HTTP metric does', () => {
    const rows = durations.map(({ count, attributes }) => [
      count,
      attributes['http.request.method'],
      attributes['http.route'],
      attributes['http.response.status_code'],
      attributes['error.type'] ?? attributes['telltale.outcome'],
    ]);
    const route = (path: string): string | undefined => (routed ? path : undefined);
    expect(rows).toEqual([
      [2, 'GET', route('/products/:id'), 200, undefined],
      [1, 'GET', route('/fail'), 500, '500'],
      [1, 'GET', undefined, 404, undefined],
      [1, 'POST', route('/orders'), 200, undefined],
      [1, 'GET', route('/abandoned'), undefined, 'aborted'],
    ]);
    const http = received.metric('http.server.request.duration');
    expect(http.reduce((sum, { count }) => sum + count, 0)).toBe(6);
  });

  it('names the exception in the record of the failed request, in the trace of it', () => {
    const [record, ...others] = received.logs.filter((log) => log.eventName === 'telltale.operation.failed');
    expect(others).toEqual([]);
    expect(record?.attributes).toEqual({
      'feature_flags.new-checkout': 'on',
      'error.type': '500',
      'exception.type': 'RangeError',
      ...(routed ? { 'http.route': '/fail' } : {}),
    });
    const failed = received.spans.find((span) => span.attributes['http.response.status_code'] === 500);
    expect(record?.traceId).toBe(failed?.traceId);
  });
});
