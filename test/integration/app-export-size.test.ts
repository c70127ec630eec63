import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { datadogIntake } from '../../src/node/datadog.js';
import { exportsEnded } from '../../src/node/exports-under-way.js';
import { type OtlpTarget, pipelinesTo } from '../../src/node/otlp-target.js';
import { decoded, type IntakeRequest } from '../support/datadog-intake.js';

const LIMITS = { traces: 3_200_000, metrics: 500_000, logs: 5_000_000 };

let requests: IntakeRequest[];
let target: OtlpTarget;
let answer: (response: ServerResponse) => void;
let close: () => Promise<void>;

beforeEach(async () => {
  vi.stubEnv('DD_API_KEY', '0123456789abcdef0123456789abcdef');
  requests = [];
  answer = (response) => response.writeHead(202).end();
  const server = createServer(async (request, response) => {
    const body = gunzipSync(await buffer(request));
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  target = { ...datadogIntake(), url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close();
});

const resource = resourceFromAttributes({ 'service.name': 'shop' });
const text = (bytes: number): string => 'x'.repeat(bytes);
const dropped = (): number => dropCounts().get('export_size') ?? 0;

function expectWithin(bytes: number): void {
  for (const { body } of requests) expect(body.length).toBeLessThanOrEqual(bytes);
}

describe('what is larger than a request', () => {
  it('leaves as several requests: spans', async () => {
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '500');
    const provider = new TracerProvider({
      resource,
      spanProcessors: pipelinesTo(target, ['TRACES']).spanProcessors,
    });
    const tracer = provider.getTracer('shop');
    // One in ten is ten times as large, so that equal counts are not equal sizes.
    for (let i = 0; i < 500; i += 1) {
      tracer.startSpan(`span ${i}`, { attributes: { text: text(i < 50 ? 100_000 : 10_000) } }).end();
    }
    await provider.shutdown();
    expectWithin(LIMITS.traces);
    const names = decoded(requests).spans.map(({ name }) => name);
    expect(new Set(names).size).toBe(500);
    expect(names).toHaveLength(500);
    expect(requests.length).toBeGreaterThan(2);
  });

  it('leaves as several requests: points, with resource, scope and metric', async () => {
    const provider = new MeterProvider({ resource, readers: pipelinesTo(target, ['METRICS']).metricReaders });
    const requestsOf = provider.getMeter('shop', '1.2').createCounter('requests', { unit: '{request}' });
    const seconds = provider.getMeter('till').createHistogram('seconds');
    for (let i = 0; i < 1_900; i += 1) {
      requestsOf.add(i, { id: i, text: text(500) });
      seconds.record(i, { id: i, text: text(300) });
    }
    await provider.shutdown();
    expectWithin(LIMITS.metrics);
    const { metrics } = decoded(requests);
    const points = (wanted: string) =>
      metrics
        .filter(({ name }) => name === wanted)
        .flatMap((metric): { attributes: object }[] => [...metric.points])
        .map((point) => Number((point.attributes as Record<string, string>)['id']))
        .sort((a, b) => a - b);
    const all = Array.from({ length: 1_900 }, (_, i) => i);
    expect(points('requests')).toEqual(all);
    expect(points('seconds')).toEqual(all);
    const { scope, unit } = metrics.find(({ name }) => name === 'requests') ?? {};
    expect(metrics.filter(({ name }) => name === 'requests').length).toBeGreaterThan(1);
    expect([scope, unit]).toMatchObject([{ name: 'shop', version: '1.2' }, '{request}']);
    expect(new Set(metrics.map((metric) => metric.resource.attributes['service.name']))).toEqual(
      new Set(['shop']),
    );
  });

  it('leaves as several requests: log records', async () => {
    const provider = new LoggerProvider({
      resource,
      processors: pipelinesTo(target, ['LOGS']).logRecordProcessors,
    });
    const logger = provider.getLogger('shop');
    for (let i = 0; i < 300; i += 1) logger.emit({ body: `${i} ${text(40_000)}` });
    await provider.shutdown();
    expectWithin(LIMITS.logs);
    expect(decoded(requests).logs).toHaveLength(300);
    expect(requests.length).toBeGreaterThan(1);
  });

  it('by itself is left out and counted, and the rest of its batch leaves', async () => {
    const provider = new TracerProvider({
      resource,
      spanProcessors: pipelinesTo(target, ['TRACES']).spanProcessors,
    });
    const before = dropped();
    const tracer = provider.getTracer('shop');
    for (const bytes of [10, 3_300_000, 10])
      tracer.startSpan(`${bytes}`, { attributes: { text: text(bytes) } }).end();
    await provider.shutdown();
    expect(decoded(requests).spans.map(({ name }) => name)).toEqual(['10', '10']);
    expect(dropped() - before).toBe(1);
  });

  it('leaves as far as it can where one of its requests is refused, and that is no success', async () => {
    const provider = new MeterProvider({
      resource,
      readers: pipelinesTo(target, ['METRICS']).metricReaders,
    });
    const counter = provider.getMeter('shop').createCounter('requests');
    for (let i = 0; i < 1_900; i += 1) counter.add(1, { id: i, text: text(1_000) });
    const errors: string[] = [];
    const logger = {
      error: (text: string) => errors.push(text),
      warn() {},
      info() {},
      debug() {},
      verbose() {},
    };
    diag.setLogger(logger, DiagLogLevel.ERROR);
    answer = (response) => response.writeHead(requests.length === 2 ? 400 : 202).end();
    await provider.shutdown();
    diag.disable();
    expect(errors).toEqual([expect.stringContaining('metrics export failed')]);
    const points = decoded(requests).metrics.reduce((sum, { points }) => sum + points.length, 0);
    expect(points).toBe(1_900);
  });

  it('leaves to its last request where the SDK shuts down meanwhile', async () => {
    vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '500');
    // More requests than are under way together.
    const small = { ...target, maxBytes: { TRACES: 50_000, METRICS: 50_000, LOGS: 50_000 } };
    const spanProcessors = pipelinesTo(small, ['TRACES']).spanProcessors;
    const provider = new TracerProvider({ resource, spanProcessors });
    const tracer = provider.getTracer('shop');
    for (let i = 0; i < 500; i += 1) tracer.startSpan('work', { attributes: { text: text(5_000) } }).end();
    await provider.shutdown();
    expect(requests.length).toBeGreaterThan(50);
    expect(decoded(requests).spans).toHaveLength(500);
  });
});

it('a batch that is refused does not end the wait for the others', async () => {
  vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '1');
  const spanProcessors = pipelinesTo(target, ['TRACES']).spanProcessors;
  const tracer = new TracerProvider({ resource, spanProcessors }).getTracer('shop');
  const seen = new Set<string>();
  answer = (response) => {
    const body = requests.at(-1)?.body.toString('latin1') ?? '';
    if (body.includes('refused')) response.writeHead(403).end();
    else response.writeHead(seen.has(body) ? 202 : 503, { 'retry-after': '1' }).end();
    seen.add(body);
  };
  // The first leaves by itself, as a batch is full with one.
  for (const name of ['first', 'refused', 'later']) tracer.startSpan(name).end();
  await expect(spanProcessors[0]?.forceFlush()).rejects.toThrow();
  await exportsEnded();
  const names = decoded(requests).spans.map(({ name }) => name);
  expect(names.sort()).toEqual(['first', 'first', 'later', 'later', 'refused']);
});
