import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCollector } from '../support/app-collector.js';
import { startGrpcCollector } from '../support/app-grpc-collector.js';
import { LINES } from '../support/app-lines.js';
import { decodeJson } from '../support/app-otlp.js';
import { startApp } from '../support/app-process.js';
import { ask } from '../support/app-requests.js';
import type { Fixtures } from '../support/installed.js';

/** What has to be in the export of a signal, for the path to it to have worked. */
const SIGNALS = [
  {
    name: 'traces',
    http: '/v1/traces',
    grpc: 'trace.v1.TraceService',
    holds: ['feature_flags.new-checkout'],
  },
  {
    name: 'logs',
    http: '/v1/logs',
    grpc: 'logs.v1.LogsService',
    holds: ['feature_flag.evaluation', 'new-checkout'],
  },
  {
    name: 'metrics',
    http: '/v1/metrics',
    grpc: 'metrics.v1.MetricsService',
    holds: ['feature_flag.evaluations', 'telltale.operation.duration', 'new-checkout'],
  },
];

const PROTOCOLS = [
  { protocol: 'http/json', contentType: 'application/json' },
  { protocol: 'http/protobuf', contentType: 'application/x-protobuf' },
  { protocol: 'grpc', contentType: 'application/grpc' },
  // Unset is http/protobuf, as in NodeSDK.
  { protocol: undefined, contentType: 'application/x-protobuf' },
];

describe.each(LINES)('on $line', ({ prepare }) => {
  let fixtures: Fixtures;

  beforeAll(async () => {
    fixtures = await prepare();
  }, 180_000);
  afterAll(() => fixtures[Symbol.dispose]());

  it.each(PROTOCOLS)(
    'OTEL_EXPORTER_OTLP_PROTOCOL=$protocol brings all three signals',
    async ({ protocol, contentType }) => {
      await using collector = await (protocol === 'grpc' ? startGrpcCollector() : startCollector());
      await using app = await startApp({
        fixtures: fixtures.folder,
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          ...(protocol === undefined ? {} : { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }),
        },
      });
      await ask(app, '/products/1?on=1');
      await app.stop();
      for (const { name, http, grpc, holds } of SIGNALS) {
        const path = protocol === 'grpc' ? `/opentelemetry.proto.collector.${grpc}/Export` : http;
        const exports = collector.exports.filter((one) => one.path === path);
        expect(exports.length, name).toBeGreaterThan(0);
        for (const one of exports) expect(one.contentType, name).toBe(contentType);
        for (const word of holds)
          expect(
            exports.some((one) => one.body.includes(word)),
            `${name}: ${word}`,
          ).toBe(true);
      }
    },
  );

  it('each signal has a protocol of its own', async () => {
    await using collector = await startCollector();
    await using app = await startApp({
      fixtures: fixtures.folder,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
      },
    });
    await ask(app, '/products/1');
    await app.stop();
    const types = new Map(collector.exports.map((one) => [one.path, one.contentType]));
    expect(types.get('/v1/logs')).toBe('application/json');
    expect(types.get('/v1/traces')).toBe('application/x-protobuf');
  });

  it('each signal can be switched off', async () => {
    await using collector = await startCollector();
    await using app = await startApp({
      fixtures: fixtures.folder,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      },
    });
    await ask(app, '/products/1');
    await app.stop();
    expect([...new Set(collector.exports.map((one) => one.path))]).toEqual(['/v1/metrics']);
  });

  it('leaves no tracing running where only traces are switched off', async () => {
    await using collector = await startCollector();
    await using app = await startApp({
      fixtures: fixtures.folder,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_TRACES_EXPORTER: 'none',
      },
    });
    await ask(app, '/again');
    await app.stop();
    // No trace is not an unsampled one: the record is written, and belongs to no span.
    expect(decodeJson(collector.exports).logs.map((log) => log.traceId)).toEqual(['']);
  });
});
