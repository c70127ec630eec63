import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { type Attributes, decodeJson, type Point } from '../support/app-otlp.js';
import { startApp } from '../support/app-process.js';

const SERVER = 2;
const REGISTER = 'telltale/register';

type Received = ReturnType<typeof decodeJson>;

interface Run {
  readonly received: Received;
  readonly stderr: string;
}

/** Starts the application under `telltale/register`, asks it a few things, and lets it end. */
async function run(entry: string, collector: Collector, env: Record<string, string>): Promise<Run> {
  await using app = await startApp({
    entry,
    telemetry: REGISTER,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_LOG_LEVEL: 'warn',
      OTEL_SERVICE_NAME: 'no-code',
      ...env,
    },
  });
  for (const path of ['/products/1?on=1', '/products/2?on=1', '/products/3', '/admin/orders/7']) {
    expect((await app.get(path)).status).toBe(200);
  }
  await app.stop();
  return { received: decodeJson(collector.exports), stderr: app.stderr() };
}

function countOf(points: readonly Point[], wanted: Attributes): number {
  return points
    .filter((point) => Object.entries(wanted).every(([name, value]) => point.attributes[name] === value))
    .reduce((sum, point) => sum + point.count, 0);
}

describe.each([
  ['an ES module application', 'app-no-code', {}],
  ['a CommonJS application', 'app-no-code.cjs', {}],
  ['an ES module application that adds middleware and hooks too', 'app-no-code', { APP_ADDS: '1' }],
  ['a CommonJS application that adds middleware and hooks too', 'app-no-code.cjs', { APP_ADDS: '1' }],
])('telltale/register with %s', (_name, entry, env) => {
  let collector: Collector;
  let received: Received;
  let stderr: string;

  beforeAll(async () => {
    collector = await startCollector();
    ({ received, stderr } = await run(entry, collector, { ...env }));
  });
  afterAll(() => collector[Symbol.asyncDispose]());

  it('says nothing', () => expect(stderr).toBe(''));

  it('writes the variants on the SERVER spans, with their routes', () => {
    const spans = received.spans.filter((span) => span.kind === SERVER);
    expect(
      spans.map(({ attributes }) => [attributes['http.route'], attributes['feature_flags.checkout']]),
    ).toEqual([
      ['/products/:id', 'on'],
      ['/products/:id', 'on'],
      ['/products/:id', 'off'],
      ['/admin/orders/:order', 'on'],
    ]);
  });

  it('makes no span and no layer of its own', () => {
    const names = received.spans
      .map((span) => span.name)
      .filter((name) => /telltale|flag|handle$/i.test(name));
    expect(names.filter((name) => !name.startsWith('request handler'))).toEqual([]);
  });

  it('records each request once for each flag', () => {
    const durations = received.metric('telltale.operation.duration');
    const product = { 'feature_flag.key': 'checkout', 'http.route': '/products/:id' };
    expect(countOf(durations, { ...product, 'feature_flag.result.variant': 'on' })).toBe(2);
    expect(countOf(durations, { ...product, 'feature_flag.result.variant': 'off' })).toBe(1);
    expect(countOf(durations, { 'feature_flag.key': 'checkout' })).toBe(4);
    expect(durations.every((point) => point.kind === 'exponentialHistogram')).toBe(true);
  });

  it('counts each evaluation once, and makes one record of it', () => {
    const evaluations = received.metric('feature_flag.evaluations');
    expect(countOf(evaluations, { 'feature_flag.key': 'checkout' })).toBe(4);
    const records = received.logs.filter((log) => log.eventName === 'feature_flag.evaluation');
    expect(records.filter((log) => log.attributes['feature_flag.key'] === 'checkout')).toHaveLength(4);
  });

  it('measures LaunchDarkly flags the same way', () => {
    const search = { 'feature_flag.key': 'search' };
    expect(countOf(received.metric('feature_flag.evaluations'), search)).toBe(3);
    expect(countOf(received.metric('telltale.operation.duration'), search)).toBe(3);
    const spans = received.spans.filter((span) => span.kind === SERVER);
    expect(spans.filter((span) => 'feature_flags.search' in span.attributes)).toHaveLength(3);
  });
});

describe('variables of telltale/register', () => {
  it('split http.server.request.duration by the flags listed, and keep child spans clean', async () => {
    await using collector = await startCollector();
    const env = { TELLTALE_HTTP_FLAGS: 'checkout, missing', TELLTALE_CHILD_SPANS: 'false' };
    const { received } = await run('app-no-code', collector, env);
    const requests = received.metric('http.server.request.duration');
    expect(countOf(requests, { 'feature_flags.checkout': 'on' })).toBe(3);
    expect(countOf(requests, { 'feature_flags.checkout': 'off' })).toBe(1);
    expect(countOf(requests, {})).toBe(4);
    const children = received.spans.filter((span) => span.kind !== SERVER);
    expect(children.length).toBeGreaterThan(0);
    expect(children.filter((span) => 'feature_flags.checkout' in span.attributes)).toEqual([]);
  });
});
