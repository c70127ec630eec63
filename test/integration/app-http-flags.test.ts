import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/app-collector.js';
import { type Attributes, decodeJson, type Point } from '../support/app-otlp.js';
import { type App, startApp } from '../support/app-process.js';

/** On few connections that are kept, so that requests follow one another on each. */
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

const CONCURRENT = 40;
const WHILE_ANOTHER_RUNS = 10;

function ask(app: App, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(app.url + path, { agent }, (response) => text(response).then(resolve, reject)).on('error', reject);
  });
}

async function drive(app: App): Promise<void> {
  const paths = Array.from({ length: CONCURRENT }, (_, i) => `/products/${i}${i % 2 === 0 ? '?on=1' : ''}`);
  await Promise.all(paths.map((path) => ask(app, path)));
  // One has its variant, and waits; the others come and end; then another one lets it go.
  const waiting = ask(app, '/together?of=2&on=1');
  for (let i = 0; i < WHILE_ANOTHER_RUNS; i += 1) await ask(app, `/products/${i}`);
  await Promise.all([waiting, ask(app, '/together?of=2')]);
  await ask(app, '/mixed');
  await ask(app, '/fail');
}

function count(points: readonly Point[], wanted: Attributes): number {
  return points
    .filter((point) => Object.entries(wanted).every(([name, value]) => point.attributes[name] === value))
    .reduce((sum, point) => sum + point.count, 0);
}

describe.each(['always_on', 'always_off'])(
  'http.server.request.duration split by a flag, sampler %s',
  (sampler) => {
    let collector: Collector;
    let received: ReturnType<typeof decodeJson>;
    let requests: Point[];

    beforeAll(async () => {
      collector = await startCollector();
      await using app = await startApp({
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          OTEL_TRACES_SAMPLER: sampler,
          TELLTALE_HTTP_FLAGS: 'new-checkout',
        },
      });
      await drive(app);
      await app.stop();
      received = decodeJson(collector.exports);
      requests = received.metric('http.server.request.duration');
    });
    afterAll(() => collector[Symbol.asyncDispose]());

    const on = { 'feature_flags.new-checkout': 'on' };
    const off = { 'feature_flags.new-checkout': 'off' };

    it('counts every request once', () => {
      expect(count(requests, {})).toBe(CONCURRENT + WHILE_ANOTHER_RUNS + 4);
      expect(received.spans.length > 0).toBe(sampler === 'always_on');
    });

    it('gives each request its own variants, also while others run on the same connections', () => {
      const products = { 'http.route': '/products/:id' };
      expect(count(requests, { ...products, ...on })).toBe(CONCURRENT / 2);
      expect(count(requests, { ...products, ...off })).toBe(CONCURRENT / 2 + WHILE_ANOTHER_RUNS);
      const together = { 'http.route': '/together' };
      expect([count(requests, { ...together, ...on }), count(requests, { ...together, ...off })]).toEqual([
        1, 1,
      ]);
    });

    it('keeps status, error and mixed requests apart, and adds no flag that is not listed', () => {
      expect(count(requests, { ...on, 'http.response.status_code': 500, 'error.type': '500' })).toBe(1);
      expect(count(requests, { 'feature_flags.new-checkout': '__mixed__' })).toBe(1);
      const names = requests.flatMap((point) => Object.keys(point.attributes));
      expect(names.filter((name) => name.startsWith('feature_flags.') && !(name in on))).toEqual([]);
    });

    it('agrees with telltale.operation.duration', () => {
      const durations = received.metric('telltale.operation.duration');
      for (const variant of ['on', 'off', '__mixed__']) {
        const own = { 'feature_flag.key': 'new-checkout', 'feature_flag.result.variant': variant };
        expect(count(durations, own)).toBe(count(requests, { 'feature_flags.new-checkout': variant }));
      }
    });
  },
);
