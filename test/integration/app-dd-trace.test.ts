import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { decodeMsgpack } from '../support/app-msgpack.js';
import { decodeJson } from '../support/app-otlp.js';
import { type App, startApp } from '../support/app-process.js';

/** A span as dd-trace sends it to its agent. */
interface DatadogSpan {
  readonly name: string;
  readonly resource: string;
  readonly meta: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

const TAG = 'feature_flags.new-checkout';

async function startTraced(
  agent: Collector,
  collector: Collector,
  env: Record<string, string>,
): Promise<App> {
  return startApp({
    entry: 'app-dd-server',
    telemetry: 'app-dd-telemetry',
    env: {
      DD_TRACE_AGENT_URL: agent.url,
      DD_TRACE_AGENT_PROTOCOL_VERSION: '0.4',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      DD_CRASHTRACKING_ENABLED: 'false',
      // No spans by OpenTelemetry. dd-trace reads this too and would switch itself off.
      OTEL_TRACES_EXPORTER: 'none',
      DD_TRACE_ENABLED: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ...env,
    },
  });
}

/** Asks for a path as an upstream service does whose trace was kept (1) or rejected (0). */
async function ask(app: App, path: string, priority: number): Promise<void> {
  const headers = {
    'x-datadog-trace-id': '12345',
    'x-datadog-parent-id': '678',
    'x-datadog-sampling-priority': String(priority),
  };
  await (await fetch(app.url + path, { headers })).text();
}

function spansOf(agent: Collector): DatadogSpan[] {
  return agent.exports
    .filter(({ path }) => path === '/v0.4/traces')
    .flatMap(({ body }) => decodeMsgpack(body) as DatadogSpan[][])
    .flat();
}

describe('an Express application under dd-trace', () => {
  let agent: Collector;
  let collector: Collector;
  let spans: DatadogSpan[] = [];
  let received: ReturnType<typeof decodeJson>;

  beforeAll(async () => {
    agent = await startCollector();
    collector = await startCollector();
    await using app = await startTraced(agent, collector, {});
    await ask(app, '/checkout/kept', 1);
    await ask(app, '/checkout/rejected', 0);
    await ask(app, '/calls', 1);
    await app.stop();
    spans = spansOf(agent);
    received = decodeJson(collector.exports);
  });
  afterAll(async () => {
    await agent[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  it.each([
    ['kept', 1],
    ['rejected', 0],
  ])('has the tag on the root span of a %s request', (cart, priority) => {
    const found = spans.filter(({ meta }) => meta['http.url']?.endsWith(`/checkout/${cart}`));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      name: 'express.request',
      resource: 'GET /checkout/:cart',
      meta: { [TAG]: 'on', 'http.route': '/checkout/:cart', 'http.status_code': '200' },
      metrics: { _sampling_priority_v1: priority },
    });
  });

  it("has it on no other span, nor on a client's request", () => {
    const tagged = spans.filter(({ meta }) => TAG in meta).map(({ resource }) => resource);
    expect(tagged.sort()).toEqual(['GET /calls', 'GET /checkout/:cart', 'GET /checkout/:cart']);
    // Both sides of the call that the application makes to itself.
    const kinds = spans
      .filter(({ meta }) => meta['http.url']?.endsWith('/plain'))
      .map(({ meta }) => meta['span.kind']);
    expect(kinds.sort()).toEqual(['client', 'server']);
  });

  it('measures every request, kept or rejected, without a span of OpenTelemetry', () => {
    const points = received.metric('telltale.operation.duration');
    const checkouts = points.filter((point) => point.attributes['http.route'] === '/checkout/:cart');
    expect(checkouts).toMatchObject([{ count: 2, attributes: { 'feature_flag.result.variant': 'on' } }]);
    expect(received.spans).toEqual([]);
  });
});

it('has the tag too where dd-trace is the TracerProvider of OpenTelemetry', async () => {
  await using agent = await startCollector();
  await using collector = await startCollector();
  await using app = await startTraced(agent, collector, { DD_AS_PROVIDER: 'true' });
  await ask(app, '/checkout/kept', 1);
  await app.stop();
  const tagged = spansOf(agent).filter(({ meta }) => TAG in meta);
  expect(tagged.map(({ name }) => name)).toEqual(['express.request']);
});
