import { AsyncLocalStorage } from 'node:async_hooks';
import { OpenFeature, type Provider, type ResolutionDetails } from '@openfeature/server-sdk';
import { context, logs, metrics, trace } from '@opentelemetry/api';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TelltaleOptions } from '../../src/core/settings.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { createMeters, installSdk, type Sdk } from '../support/app-sdk.js';

let sdk: Sdk;
let app: Fresh;
let answer: () => ResolutionDetails<unknown>;

class AnyProvider implements Provider {
  readonly metadata = { name: 'any' };
  async resolveBooleanEvaluation(): Promise<ResolutionDetails<boolean>> {
    return answer() as ResolutionDetails<boolean>;
  }
  async resolveStringEvaluation(): Promise<ResolutionDetails<string>> {
    return answer() as ResolutionDetails<string>;
  }
  async resolveNumberEvaluation(): Promise<ResolutionDetails<number>> {
    return answer() as ResolutionDetails<number>;
  }
  async resolveObjectEvaluation<T>(): Promise<ResolutionDetails<T>> {
    return answer() as ResolutionDetails<T>;
  }
}

async function start(options: TelltaleOptions = {}): Promise<void> {
  sdk = installSdk();
  app = await fresh(options);
  OpenFeature.clearHooks();
  await OpenFeature.setProviderAndWait(new AnyProvider());
  OpenFeature.addHooks(new app.openfeature.TelltaleHook());
  answer = () => ({ value: true, variant: 'on' });
}

/** Evaluates one flag in an operation of its own, and gives what the application got. */
function evaluate(key: string): Promise<unknown> {
  return app.telltale.run('job', async () => OpenFeature.getClient().getBooleanValue(key, false));
}

function spanAttributes(): Record<string, unknown> {
  return { ...sdk.spans.getFinishedSpans().at(-1)?.attributes };
}

async function dropped(): Promise<Record<string, unknown>> {
  const points = await sdk.points('telltale.dropped');
  return Object.fromEntries(points.map((point) => [String(point.attributes['reason']), point.value]));
}

beforeEach(() => start());

describe('a flag key', () => {
  it.each([
    'two words',
    '"quoted\'',
    '🚦',
    'new\nline',
    'a=b;c,d',
    '__proto__',
    'constructor',
    'toString',
    '<b>',
    '\u202e',
  ])('as %j is written as it is, on every signal', async (key) => {
    expect(await evaluate(key)).toBe(true);
    expect(Object.entries(spanAttributes())).toEqual([[`feature_flags.${key}`, 'on']]);
    const [record] = sdk.logs.getFinishedLogRecords();
    expect(record?.attributes['feature_flag.key']).toBe(key);
    const [point] = await sdk.points('telltale.operation.duration');
    expect(point?.attributes['feature_flag.key']).toBe(key);
    expect(await dropped()).toEqual({});
  });

  it.each(['', 'x'.repeat(129), 'x'.repeat(10_000)])(
    'that cannot be used is counted, and the result is untouched',
    async (key) => {
      expect(await evaluate(key)).toBe(true);
      expect(spanAttributes()).toEqual({});
      expect(await dropped()).toEqual({ key_length: 1 });
    },
  );

  it('of 128 characters is the longest', async () => {
    await evaluate('x'.repeat(128));
    expect(Object.values(spanAttributes())).toEqual(['on']);
  });
});

describe('a variant', () => {
  it.each(['two words', '"', '🎉', 'new\nline', '__proto__', 'hasOwnProperty', ''])(
    'as %j is written as it is',
    async (variant) => {
      answer = () => ({ value: true, variant });
      await evaluate('flag');
      // OpenFeature's providers give an empty text for none; a boolean is then its own variant.
      expect(spanAttributes()).toEqual({ 'feature_flags.flag': variant === '' ? 'true' : variant });
    },
  );

  it('of 10,000 characters is counted, and not written', async () => {
    answer = () => ({ value: true, variant: 'v'.repeat(10_000) });
    expect(await evaluate('flag')).toBe(true);
    expect(spanAttributes()).toEqual({ 'feature_flags.flag': '__overflow__' });
    expect(await dropped()).toEqual({ variant_length: 1 });
  });
});

describe('a value', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const throwing = {
    toJSON: () => {
      throw new Error('not for you');
    },
  };

  it.each([
    ['cyclic', cyclic, undefined],
    ['throwing in toJSON', throwing, undefined],
    ['a bigint inside', { n: 1n }, undefined],
    ['huge', { text: 'x'.repeat(1_000_000) }, `{"text":"${'x'.repeat(247)}`],
  ])(
    '%s is the application’s own business, also where values are asked for',
    async (_what, value, expected) => {
      await start({ values: true });
      answer = () => ({ value, variant: 'on' });
      const got = await app.telltale.run('job', async () =>
        OpenFeature.getClient().getObjectValue('flag', {}),
      );
      expect(got).toBe(value);
      expect(sdk.logs.getFinishedLogRecords()[0]?.attributes['feature_flag.result.value']).toBe(expected);
      expect(spanAttributes()).toEqual({ 'feature_flags.flag': 'on' });
    },
  );
});

describe('a provider', () => {
  it('that throws gives an error with its type, and the default to the application', async () => {
    answer = () => {
      throw new Error('down');
    };
    expect(await evaluate('flag')).toBe(false);
    const [point] = await sdk.points('telltale.operation.duration');
    expect(point?.attributes).toMatchObject({
      'feature_flag.result.variant': 'false',
      'telltale.assignment': 'error',
    });
  });

  it('that gives no variant for a text is measured without one', async () => {
    answer = () => ({ value: 'blue' });
    await app.telltale.run('job', async () => OpenFeature.getClient().getStringValue('flag', ''));
    expect(spanAttributes()).toEqual({});
    const [point] = await sdk.points('telltale.operation.duration');
    expect(point?.attributes['feature_flag.key']).toBe('flag');
    expect(point?.attributes).not.toHaveProperty(['feature_flag.result.variant']);
  });

  it('that gives nothing at all leaves the application what it gets without the hook', async () => {
    answer = () => undefined as never;
    const bridged = await evaluate('flag');
    OpenFeature.clearHooks();
    expect(bridged).toBe(await evaluate('flag'));
    expect(await sdk.points('feature_flag.evaluations')).toHaveLength(1);
  });
});

describe('a context that got lost in a callback', () => {
  it('leaves the evaluation out of the operation, and counts it', async () => {
    const outside = AsyncLocalStorage.snapshot();
    await app.telltale.run('job', () =>
      outside(() => OpenFeature.getClient().getBooleanValue('flag', false)),
    );
    expect(spanAttributes()).toEqual({});
    expect(await sdk.points('telltale.operation.duration')).toEqual([]);
    const [count] = await sdk.points('feature_flag.evaluations');
    expect(count?.value).toBe(1);
    expect(sdk.logs.getFinishedLogRecords()).toHaveLength(1);
  });
});

describe('a meter provider', () => {
  it('that is set late gets the evaluations from before it, and operations from then on', async () => {
    metrics.disable();
    await evaluate('flag');
    const meters = createMeters();
    metrics.setGlobalMeterProvider(meters.provider);
    await evaluate('flag');
    expect((await meters.points('feature_flag.evaluations'))[0]?.value).toBe(2);
    expect((await meters.points('telltale.operation.duration'))[0]?.value).toMatchObject({ count: 1 });
  });

  it('that is never set does nothing, nor does the lack of any OpenTelemetry', async () => {
    for (const api of [context, trace, metrics, logs]) api.disable();
    expect(await evaluate('flag')).toBe(true);
    expect(app.drops.dropCounts().size).toBe(0);
  });
});

describe('what was written of all that', () => {
  it('is taken by the real OTLP serializers', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    metrics.disable();
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    for (const key of ['__proto__', '🚦', '"', '\u0000', '\ud800']) await evaluate(key);
    await reader.forceFlush();
    const [resource] = exporter.getMetrics();
    if (resource === undefined) throw new Error('nothing was exported');
    const bodies = [
      JsonTraceSerializer.serializeRequest(sdk.spans.getFinishedSpans()),
      JsonLogsSerializer.serializeRequest(sdk.logs.getFinishedLogRecords()),
      JsonMetricsSerializer.serializeRequest(resource),
    ];
    for (const body of bodies) {
      const text = Buffer.from(body ?? []).toString();
      expect(JSON.parse(text)).toBeTypeOf('object');
      expect(text).toContain('__proto__');
    }
  });
});
