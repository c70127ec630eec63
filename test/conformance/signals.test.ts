import { beforeAll, describe, expect, it } from 'vitest';
import { startCollector } from '../support/app-collector.js';
import { EXPRESS_LINES } from '../support/app-lines.js';
import { decodeJson, type Point, type Span } from '../support/app-otlp.js';
import { type App, startApp } from '../support/app-process.js';
import { abandon, ask, exportTo, matching, total } from '../support/app-requests.js';

const SERVER = 2;
const REQUESTS_WITH_ON = 5;
const REQUESTS_WITH_OFF = 3;

async function drive(app: App): Promise<void> {
  for (let i = 0; i < REQUESTS_WITH_ON; i += 1) await ask(app, `/products/${i}?on=1`);
  for (let i = 0; i < REQUESTS_WITH_OFF; i += 1) await ask(app, `/products/${i}`);
  expect(await ask(app, '/again')).toBe(200);
  expect(await ask(app, '/mixed')).toBe(200);
  expect(await ask(app, '/fail')).toBe(500);
  expect(await ask(app, '/work')).toBe(200);
  expect(await ask(app, '/events')).toBe(200);
  expect(await ask(app, '/nowhere')).toBe(404);
  expect(await ask(app, '/tenants/42/items/3')).toBe(200);
  expect(await (await app.get('/unknown-flag')).json()).toMatchObject({
    value: true,
    errorCode: 'FLAG_NOT_FOUND',
  });
  await Promise.all([ask(app, '/together?of=2&on=1'), ask(app, '/together?of=2')]);
  await abandon(app);
}

describe.each(EXPRESS_LINES)('an application under startTelemetry, $line', ({ prepare }) => {
  let received: ReturnType<typeof decodeJson>;
  let durations: Point[];
  let stderr = '';

  beforeAll(async () => {
    using fixtures = await prepare();
    await using collector = await startCollector();
    await using app = await startApp({
      fixtures: fixtures.folder,
      env: { ...exportTo(collector), OTEL_LOG_LEVEL: 'warn' },
    });
    await drive(app);
    await app.stop();
    stderr = app.stderr();
    received = decodeJson(collector.exports);
    durations = received.metric('telltale.operation.duration');
  }, 180_000);

  const server = (name: string): Span[] =>
    received.spans.filter((one) => one.kind === SERVER && one.name === name);

  it('warns of nothing but what a limit refused, once', () => {
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('an event stream has no duration')]);
  });

  it('writes the variant on the SERVER span, not on the request handler', () => {
    const spans = server('GET /products/:id');
    const variants = spans.map((span) => span.attributes['feature_flags.new-checkout']);
    expect(variants).toEqual(['on', 'on', 'on', 'on', 'on', 'off', 'off', 'off']);
    const handlers = received.spans.filter((span) => span.attributes['express.name'] === '/products/:id');
    expect(handlers).toHaveLength(spans.length);
    for (const { attributes } of handlers) {
      expect(Object.keys(attributes).filter((name) => name.startsWith('feature_flags.'))).toEqual([]);
    }
  });

  it('keeps the SERVER span complete', () => {
    expect(server('GET /products/:id')[0]?.attributes).toMatchObject({
      'http.route': '/products/:id',
      'http.response.status_code': 200,
      'feature_flags.search': 'slow',
    });
  });

  it('adds no span of its own', () => {
    expect(received.spans.filter((span) => span.name.includes('flagObservability'))).toEqual([]);
  });

  it('records one duration a flag and request, with the attributes of the contract', () => {
    const [point, ...others] = matching(durations, {
      'feature_flag.key': 'new-checkout',
      'feature_flag.result.variant': 'on',
      'http.route': '/products/:id',
    });
    expect(others).toEqual([]);
    expect(point).toEqual({
      kind: 'exponentialHistogram',
      count: REQUESTS_WITH_ON,
      attributes: {
        'feature_flag.key': 'new-checkout',
        'feature_flag.result.variant': 'on',
        'telltale.assignment': 'assigned',
        'http.request.method': 'GET',
        'http.route': '/products/:id',
        'http.response.status_code': 200,
      },
    });
    expect(total(durations, { 'feature_flag.key': 'search', 'telltale.assignment': 'default' })).toBe(
      REQUESTS_WITH_ON + REQUESTS_WITH_OFF,
    );
  });

  it('counts exactly the requests that evaluated the flag, as http.server.request.duration does', () => {
    const http = received.metric('http.server.request.duration');
    for (const route of [
      '/products/:id',
      '/again',
      '/mixed',
      '/fail',
      '/work',
      '/together',
      '/tenants/:tenant/items/:item',
    ]) {
      const requests = total(http, { 'http.route': route });
      expect(requests, route).toBeGreaterThan(0);
      expect(total(durations, { 'http.route': route, 'feature_flag.key': 'new-checkout' }), route).toBe(
        requests,
      );
    }
  });

  it('counts every evaluation once, though the hook is registered three times', () => {
    // products, again (3), mixed (2), fail, work, events, nowhere, tenants, together (2 x 2), abandoned
    const expected = REQUESTS_WITH_ON + REQUESTS_WITH_OFF + 3 + 2 + 1 + 1 + 1 + 1 + 1 + 4 + 1;
    const evaluations = received.metric('feature_flag.evaluations');
    expect(total(evaluations, { 'feature_flag.key': 'new-checkout' })).toBe(expected);
    expect(matching(evaluations, { 'feature_flag.key': 'search' })).toEqual([
      {
        kind: 'sum',
        count: REQUESTS_WITH_ON + REQUESTS_WITH_OFF,
        attributes: {
          'feature_flag.key': 'search',
          'feature_flag.result.variant': 'slow',
          'feature_flag.result.reason': 'static',
          'feature_flag.provider.name': 'in-memory',
        },
      },
    ]);
  });

  it('writes one record for a repeated evaluation', () => {
    const span = server('GET /again')[0];
    const records = received.logs.filter((log) => log.traceId === span?.traceId);
    expect(records).toHaveLength(1);
  });

  it('writes exactly the attributes of the semantic conventions on the record', () => {
    const span = server('GET /again')[0];
    expect(received.logs.find((log) => log.traceId === span?.traceId)).toMatchObject({
      eventName: 'feature_flag.evaluation',
      scope: 'telltale',
      attributes: {
        'feature_flag.key': 'new-checkout',
        'feature_flag.result.variant': 'on',
        'feature_flag.result.reason': 'targeting_match',
        'feature_flag.provider.name': 'in-memory',
      },
    });
    expect(
      Object.keys(received.logs.find((log) => log.traceId === span?.traceId)?.attributes ?? {}),
    ).toHaveLength(4);
  });

  it('marks an operation with two variants as mixed, everywhere', () => {
    const span = server('GET /mixed')[0];
    expect(span?.attributes['feature_flags.new-checkout']).toBe('__mixed__');
    const points = matching(durations, { 'http.route': '/mixed' });
    expect(points.map((point) => point.attributes['feature_flag.result.variant'])).toEqual(['__mixed__']);
    const records = received.logs.filter((log) => log.traceId === span?.traceId);
    expect(records.map((log) => log.attributes['feature_flag.result.variant'])).toEqual(['on', 'off']);
  });

  it('keeps concurrent requests apart', () => {
    const variants = server('GET /together').map((span) => span.attributes['feature_flags.new-checkout']);
    expect(variants.sort()).toEqual(['off', 'on']);
    const points = matching(durations, { 'http.route': '/together' });
    expect(points.map((point) => point.attributes['feature_flag.result.variant']).sort()).toEqual([
      'off',
      'on',
    ]);
  });

  it('has error.type as the HTTP metric has it', () => {
    const http = received.metric('http.server.request.duration');
    expect(total(http, { 'http.route': '/fail', 'error.type': '500' })).toBe(1);
    expect(
      total(durations, { 'http.route': '/fail', 'error.type': '500', 'http.response.status_code': 500 }),
    ).toBe(1);
  });

  it('counts a client that went away, without calling it an error', () => {
    const [point] = matching(durations, { 'telltale.outcome': 'aborted' });
    expect(point?.count).toBe(1);
    expect(point?.attributes).not.toHaveProperty('error.type');
    expect(point?.attributes['http.route']).toBe('/abandoned');
    expect(total(durations, { 'telltale.outcome': 'aborted' })).toBe(1);
  });

  it('leaves the route out where nothing matched', () => {
    const [point] = matching(durations, { 'http.response.status_code': 404 });
    expect(point?.count).toBe(1);
    expect(point?.attributes).not.toHaveProperty('http.route');
  });

  it('has the whole pattern of a nested route, once, though the router has the middleware too', () => {
    const points = matching(durations, { 'http.route': '/tenants/:tenant/items/:item' });
    expect(points.map((point) => point.count)).toEqual([1]);
  });

  it('counts an event stream, without a duration', () => {
    expect(matching(durations, { 'http.route': '/events' })).toEqual([]);
    expect(total(received.metric('telltale.dropped'), { reason: 'event_stream' })).toBe(1);
  });

  it('writes an unknown flag as the error it is', () => {
    const record = received.logs.find((log) => log.attributes['feature_flag.key'] === 'no-such-flag');
    expect(record?.attributes).toMatchObject({
      'feature_flag.result.variant': 'true',
      'feature_flag.result.reason': 'error',
      'error.type': 'flag_not_found',
    });
    const evaluations = received.metric('feature_flag.evaluations');
    expect(total(evaluations, { 'feature_flag.key': 'no-such-flag', 'error.type': 'flag_not_found' })).toBe(
      1,
    );
    expect(total(durations, { 'feature_flag.key': 'no-such-flag', 'telltale.assignment': 'error' })).toBe(1);
  });

  it('writes the variants on child spans and log records that come after the evaluation', () => {
    const [before] = received.spans.filter((span) => span.name === 'before');
    const [query] = received.spans.filter((span) => span.name === 'query');
    expect(before?.attributes).not.toHaveProperty(['feature_flags.new-checkout']);
    expect(query?.attributes['feature_flags.new-checkout']).toBe('on');
    const [line] = received.logs.filter((log) => log.scope === 'app');
    expect(line?.attributes['feature_flags.new-checkout']).toBe('on');
    expect(line?.traceId).toBe(query?.traceId);
  });
});
