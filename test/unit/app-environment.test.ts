import { afterEach, describe, expect, it, vi } from 'vitest';
import { exporterNames, otlpProtocol, positiveNumber } from '../../src/node/environment.js';
import { exportersFromEnvironment } from '../../src/node/exporters.js';
import { loadPeer } from '../../src/node/peer.js';

afterEach(() => vi.unstubAllEnvs());

function setEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

describe('exporter names', () => {
  it.each([
    ['TRACES', undefined, ['otlp']],
    ['TRACES', '', ['otlp']],
    ['TRACES', 'console', ['console']],
    ['TRACES', ' otlp , console,otlp', ['otlp', 'console']],
    ['TRACES', 'none', []],
    ['TRACES', 'otlp,none', ['otlp']],
    ['LOGS', 'otlp,none', []],
    ['METRICS', 'none', []],
    ['METRICS', ' ', ['otlp']],
  ] as const)('of %s = %j are %j, as in NodeSDK', (signal, value, expected) => {
    vi.stubEnv(`OTEL_${signal}_EXPORTER`, value);
    expect(exporterNames(signal)).toEqual(expected);
  });

  it('send to the presets who wants Prometheus', () => {
    vi.stubEnv('OTEL_METRICS_EXPORTER', 'prometheus');
    expect(() => exporterNames('METRICS')).toThrow('Datadog and others are named in TELLTALE_EXPORTER.');
  });

  it('that are unknown name the variable, the value and what is allowed', () => {
    vi.stubEnv('OTEL_TRACES_EXPORTER', 'otlp,zipkin');
    expect(() => exporterNames('TRACES')).toThrow(
      'OTEL_TRACES_EXPORTER is "zipkin"; expected otlp, console, none',
    );
  });
});

describe('the protocol', () => {
  it('is http/protobuf, else the common one, else the one of the signal', () => {
    expect(otlpProtocol('LOGS')).toBe('http/protobuf');
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', ' grpc ');
    expect(otlpProtocol('LOGS')).toBe('grpc');
    vi.stubEnv('OTEL_EXPORTER_OTLP_LOGS_PROTOCOL', 'http/json');
    expect(otlpProtocol('LOGS')).toBe('http/json');
    expect(otlpProtocol('TRACES')).toBe('grpc');
  });

  it('that is unknown names the variable it came from', () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http');
    expect(() => otlpProtocol('METRICS')).toThrow(
      'OTEL_EXPORTER_OTLP_PROTOCOL is "http"; expected grpc, http/json, http/protobuf',
    );
    expect(() => exportersFromEnvironment()).toThrow('OTEL_EXPORTER_OTLP_PROTOCOL');
  });
});

describe('numbers', () => {
  it.each([
    ['100', 100],
    ['0', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
  ])('%j is %j', (value, expected) => {
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', value);
    expect(positiveNumber('OTEL_BSP_SCHEDULE_DELAY')).toBe(expected);
  });
});

describe('exporters from the environment', () => {
  it('are batching, with the variables of each signal', async () => {
    setEnvironment({
      OTEL_BSP_SCHEDULE_DELAY: '111',
      OTEL_BSP_MAX_QUEUE_SIZE: '222',
      OTEL_BLRP_SCHEDULE_DELAY: '333',
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '44',
      OTEL_METRIC_EXPORT_INTERVAL: '5000',
    });
    const made = exportersFromEnvironment();
    // The SDK keeps these in private fields and offers no other way to ask.
    expect(made.spanProcessors[0]).toMatchObject({ _scheduledDelayMillis: 111, _maxQueueSize: 222 });
    expect(made.logRecordProcessors[0]).toMatchObject({
      _scheduledDelayMillis: 333,
      _maxExportBatchSize: 44,
    });
    // The default timeout is longer than this interval, so it is cut.
    expect(made.metricReaders[0]).toMatchObject({ _exportInterval: 5_000, _exportTimeout: 5_000 });
    await Promise.all(made.spanProcessors.map((processor) => processor.shutdown()));
  });

  it('have the defaults of NodeSDK', () => {
    const made = exportersFromEnvironment();
    expect(made.spanProcessors[0]).toMatchObject({ _scheduledDelayMillis: 5_000, _maxQueueSize: 2_048 });
    expect(made.metricReaders[0]).toMatchObject({ _exportInterval: 60_000, _exportTimeout: 30_000 });
  });

  it('are none where the environment says none', () => {
    setEnvironment({
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
    });
    expect(exportersFromEnvironment()).toEqual({
      spanProcessors: [],
      logRecordProcessors: [],
      metricReaders: [],
    });
  });
});

describe('a package that is not installed', () => {
  it('is named with the command that installs it', () => {
    expect(() => loadPeer('@opentelemetry/not-there')).toThrow('npm install @opentelemetry/not-there');
  });

  it('and should have come with one that is, names that one, of the same SDK', () => {
    expect(() => loadPeer('@opentelemetry/not-there', '@opentelemetry/sdk-node')).toThrow(
      'Run: npm install @opentelemetry/sdk-node@latest, or with OpenTelemetry JS 2: ' +
        'npm install @opentelemetry/sdk-node@^0.223.0',
    );
  });
});
