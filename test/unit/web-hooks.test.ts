import {
  type Client,
  InMemoryProvider,
  OpenFeature,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/web-sdk';
import { DiagLogLevel, diag, logs, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeatureFlagSpanProcessor, TelltaleHook } from '../../src/hooks/web.js';
import { breakContext, installSdk, type Sdk } from '../support/app-sdk.js';
import { newPage } from '../support/web-page.js';

let sdk: Sdk;
const said: string[] = [];

beforeEach(() => {
  newPage();
  sdk = installSdk({ spanProcessors: [new FeatureFlagSpanProcessor()] });
  const say = (message: string): void => void said.push(message);
  const ignore = (): void => {};
  diag.setLogger({ error: say, warn: say, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.WARN);
});
afterEach(() => {
  said.length = 0;
  diag.disable();
});

let domains = 0;

/** A client with the hook, whose provider gives what the test says. */
async function clientOf(
  resolve: (key: string) => ResolutionDetails<string>,
  hook = new TelltaleHook(),
): Promise<Client> {
  domains += 1;
  const domain = `web-unit-${domains}`;
  const provider = new InMemoryProvider();
  const given: Partial<Provider> = {
    resolveStringEvaluation: resolve,
    resolveBooleanEvaluation: () => ({ value: true }),
    resolveObjectEvaluation: <T>(_: string, value: T) => ({ value }),
  };
  await OpenFeature.setProviderAndWait(domain, Object.assign(provider, given));
  return OpenFeature.getClient(domain).addHooks(hook);
}

/** A client whose flags have the variant of that name, until the next. */
async function clientOfVariant(hook?: TelltaleHook) {
  const now: { variant?: string; error?: unknown } = {};
  const client = await clientOf(() => {
    if (now.error !== undefined) throw now.error;
    return now.variant === undefined ? { value: 'x' } : { value: 'x', variant: now.variant };
  }, hook);
  return { client, now };
}

const variants = (): unknown[] =>
  sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes['feature_flag.result.variant']);

function attributesOfSpan(): Record<string, unknown> {
  trace.getTracer('test').startSpan('later').end();
  return { ...sdk.spans.getFinishedSpans().at(-1)?.attributes };
}

describe('the newest result of a flag', () => {
  it('stands on spans started later, whatever the flag gave before', async () => {
    const { client, now } = await clientOfVariant();
    for (const variant of ['blue', 'green', 'blue']) {
      now.variant = variant;
      client.getStringValue('theme', 'none');
      expect(attributesOfSpan()).toEqual({ 'feature_flags.theme': variant });
    }
    expect(variants()).toEqual(['blue', 'green']);
  });

  it('takes the attribute away where it has no variant', async () => {
    const { client, now } = await clientOfVariant();
    now.variant = 'blue';
    client.getStringValue('theme', 'none');
    now.error = new Error('gone');
    client.getStringValue('theme', 'none');
    expect(attributesOfSpan()).toEqual({});
  });

  it('has a record of its own after an error that gave the same variant', async () => {
    const { client } = await clientOfVariant();
    const broken = OpenFeature.getClient(client.metadata.domain ?? '');
    broken.addHooks(new TelltaleHook(), {
      before: () => {
        throw new Error('not yet');
      },
    });
    broken.getBooleanValue('flag', true);
    client.getBooleanValue('flag', false);
    expect(variants()).toEqual(['true', 'true']);
    expect(sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes['error.type'])).toEqual([
      'general',
      undefined,
    ]);
  });
});

describe('records', () => {
  it('are written for each evaluation, or none, where that is asked for', async () => {
    for (const [records, expected] of [
      ['each', 3],
      ['off', 0],
      ['once-per-scope', 1],
    ] as const) {
      newPage();
      sdk.logs.reset();
      const client = await clientOf(() => ({ value: 'x', variant: 'blue' }), new TelltaleHook({ records }));
      for (let i = 0; i < 3; i += 1) client.getStringValue('theme', 'none');
      expect(variants(), records).toHaveLength(expected);
      expect(attributesOfSpan(), records).toEqual({ 'feature_flags.theme': 'blue' });
    }
  });

  it('are written once where the hook is there twice', async () => {
    const hook = new TelltaleHook({ records: 'each' });
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }), hook);
    client.addHooks(hook, new TelltaleHook({ records: 'each' }));
    client.getStringValue('theme', 'none');
    expect(variants()).toEqual(['blue']);
  });

  it('do not depend on the sampling of the active span, which is not the page', async () => {
    sdk = installSdk({ sampler: new AlwaysOffSampler() });
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }));
    trace.getTracer('test').startActiveSpan('unsampled', () => client.getStringValue('theme', 'none'));
    expect(variants()).toEqual(['blue']);
  });

  it('have value and message only where that is asked for', async () => {
    const fail = (): never => {
      throw new Error('no such user: ada');
    };
    const quiet = await clientOf(fail);
    quiet.getStringValue('a', 'fallback');
    expect(Object.keys(sdk.logs.getFinishedLogRecords()[0]?.attributes ?? {})).not.toContain(
      'feature_flag.result.value',
    );
    const open = await clientOf(fail, new TelltaleHook({ values: true, errorMessages: true }));
    open.getStringValue('b', 'f'.repeat(300));
    open.getBooleanValue('c', false);
    open.getObjectValue('d', { columns: 2 });
    const [, b, c, d] = sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes);
    expect(b?.['feature_flag.result.value']).toBe('f'.repeat(256));
    expect(b?.['feature_flag.error.message']).toBe('no such user: ada');
    expect(c?.['feature_flag.result.value']).toBe(true);
    expect(d?.['feature_flag.result.value']).toBe('{"columns":2}');
  });

  it('leave out a value that is no JSON', async () => {
    const client = await clientOf(() => ({ value: 'x' }), new TelltaleHook({ values: true }));
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    // @ts-expect-error: what an application in JavaScript may do.
    client.getObjectValue('cyclic', cyclic);
    expect(sdk.logs.getFinishedLogRecords()[0]?.attributes).not.toHaveProperty('feature_flag.result.value');
  });

  it('wait for telemetry that starts after the first flags', async () => {
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }));
    logs.disable();
    client.getStringValue('theme', 'none');
    sdk = installSdk();
    client.getStringValue('theme', 'none');
    client.getStringValue('theme', 'none');
    expect(variants()).toEqual(['blue']);
  });
});

describe('an option', () => {
  it.each([
    [
      { records: 'sampled' },
      'TelltaleHook: option "records" has to be one of once-per-scope, each, off, got "sampled".',
    ],
    [{ values: 1 }, 'TelltaleHook: option "values" has to be true or false, got 1.'],
    [{ errorMessages: 'yes' }, 'TelltaleHook: option "errorMessages" has to be true or false, got "yes".'],
    [{ spans: true }, 'TelltaleHook: there is no option "spans"; there are records, values, errorMessages.'],
    [null, 'TelltaleHook: options have to be an object, got null.'],
  ])('%j is refused', (options, message) => {
    // @ts-expect-error: what an application in JavaScript may do.
    expect(() => new TelltaleHook(options)).toThrow(new TypeError(message));
  });
});

describe('a limit', () => {
  it('leaves out keys that cannot be used, with one warning', async () => {
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }));
    for (const key of ['', 'k'.repeat(129), undefined, 'k'.repeat(128)]) {
      // @ts-expect-error: what an application in JavaScript may do.
      client.getStringValue(key, 'none');
    }
    expect(Object.keys(attributesOfSpan())).toEqual([`feature_flags.${'k'.repeat(128)}`]);
    expect(variants()).toHaveLength(1);
    expect(said).toEqual([
      'telltale: a flag key has to have 1 to 128 characters, got 0; left out. Said once.',
    ]);
  });

  it('names a variant that is too long __overflow__', async () => {
    const client = await clientOf(() => ({ value: 'x', variant: 'v'.repeat(129) }));
    client.getStringValue('theme', 'none');
    expect(variants()).toEqual(['__overflow__']);
    expect(attributesOfSpan()).toEqual({ 'feature_flags.theme': '__overflow__' });
    expect(said).toHaveLength(1);
  });

  it('keeps 16 results of a flag and 256 flags, and puts 64 on a span', async () => {
    const { client, now } = await clientOfVariant();
    for (let i = 0; i < 20; i += 1) {
      now.variant = `v${i}`;
      client.getStringValue('many', 'none');
    }
    expect(variants()).toHaveLength(16);
    expect(attributesOfSpan()).toEqual({ 'feature_flags.many': 'v19' });
    for (let i = 0; i < 300; i += 1) client.getStringValue(`flag-${i}`, 'none');
    expect(variants()).toHaveLength(16 + 255);
    expect(Object.keys(attributesOfSpan())).toHaveLength(64);
    expect(said).toEqual([
      'telltale: feature_flags.many gave more than 16 results; further ones get no record. Said once.',
      'telltale: a page remembers 256 flags; "flag-255" and further ones are left out. Said once.',
      'telltale: a span holds 64 flags; feature_flags.flag-63 and further ones are left out of it. Said once.',
    ]);
  });

  it("is half of the span's own", async () => {
    sdk = installSdk({
      spanProcessors: [new FeatureFlagSpanProcessor()],
      spanLimits: { attributeCountLimit: 5 },
    });
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }));
    for (const key of ['a', 'b', 'c']) client.getStringValue(key, 'none');
    expect(Object.keys(attributesOfSpan())).toHaveLength(2);
  });
});

describe('the span processor', () => {
  it('leaves what the application wrote itself', async () => {
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }));
    client.getStringValue('theme', 'none');
    const attributes = { 'feature_flags.theme': 'mine' };
    trace.getTracer('test').startSpan('own', { attributes }).end();
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toEqual(attributes);
  });

  it('sees what a hook of another copy of the package wrote, as of a script of its own', async () => {
    vi.resetModules();
    const copy = await import('../../src/hooks/web.js');
    expect(copy.TelltaleHook).not.toBe(TelltaleHook);
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }), new copy.TelltaleHook());
    client.getStringValue('theme', 'none');
    expect(attributesOfSpan()).toEqual({ 'feature_flags.theme': 'blue' });
  });
});

describe('internal faults', () => {
  it('turn everything off after ten, with one warning and one error', async () => {
    vi.resetModules();
    const own = await import('../../src/hooks/web.js');
    const hook = new own.TelltaleHook({ records: 'each' });
    const client = await clientOf(() => ({ value: 'x', variant: 'blue' }), hook);
    breakContext();
    for (let i = 0; i < 20; i += 1) expect(client.getStringValue('theme', 'none')).toBe('x');
    expect(said).toEqual([
      'telltale: an internal fault in the OpenFeature hook was caught: Error: no context today. Said once.',
      'telltale: 10 internal faults, the last in the OpenFeature hook; no more until a reload.',
    ]);
    installSdk();
    newPage();
    client.getStringValue('theme', 'none');
    expect(Reflect.get(globalThis, Symbol.for('telltale.page.1'))).toBeUndefined();
  });
});
