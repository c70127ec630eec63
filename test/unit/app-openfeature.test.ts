import {
  type Client,
  type EvaluationContext,
  OpenFeature,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/server-sdk';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { RPCType, setRPCMetadata } from '@opentelemetry/core';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { EvaluationRecords } from '../../src/core/evaluation.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { TelltaleHook } from '../../src/hooks/openfeature.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

type Resolve = (key: string) => ResolutionDetails<boolean | string>;

/** A provider that gives what the test says. */
class TestProvider implements Provider {
  readonly metadata = { name: 'test-provider' };
  readonly #resolve: Resolve;
  constructor(resolve: Resolve) {
    this.#resolve = resolve;
  }
  async resolveBooleanEvaluation(key: string): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(key) as ResolutionDetails<boolean>;
  }
  async resolveStringEvaluation(key: string): Promise<ResolutionDetails<string>> {
    return this.#resolve(key) as ResolutionDetails<string>;
  }
  async resolveNumberEvaluation(): Promise<never> {
    throw new Error('no numbers');
  }
  async resolveObjectEvaluation(): Promise<never> {
    throw new Error('no objects');
  }
}

let domains = 0;

/** A client of its own, with the hook, on a provider of its own. */
async function clientOf(resolve: Resolve, ...hooks: TelltaleHook[]): Promise<Client> {
  domains += 1;
  const domain = `test-${domains}`;
  await OpenFeature.setProviderAndWait(domain, new TestProvider(resolve));
  const client = OpenFeature.getClient(domain);
  client.addHooks(...(hooks.length === 0 ? [new TelltaleHook()] : hooks));
  return client;
}

const warned = vi.fn();

let sdk: Sdk;
beforeEach(() => {
  sdk = installSdk();
});

async function recordOf(result: ResolutionDetails<boolean | string>): Promise<Record<string, unknown>> {
  const client = await clientOf(() => result);
  if (typeof result.value === 'boolean') await client.getBooleanValue('flag', false);
  else await client.getStringValue('flag', 'fallback');
  return { ...sdk.logs.getFinishedLogRecords().at(-1)?.attributes };
}

describe('the record of an evaluation', () => {
  it('has every attribute that is known, and no other', async () => {
    const attributes = await recordOf({
      value: true,
      variant: 'on',
      reason: 'SPLIT',
      flagMetadata: { version: 7, flagSetId: 'shop', owner: 'team-a' },
    });
    expect(attributes).toEqual({
      'feature_flag.key': 'flag',
      'feature_flag.result.variant': 'on',
      'feature_flag.result.reason': 'split',
      'feature_flag.provider.name': 'test-provider',
      'feature_flag.set.id': 'shop',
      'feature_flag.version': '7',
    });
    expect(sdk.logs.getFinishedLogRecords().at(-1)?.eventName).toBe('feature_flag.evaluation');
  });

  it('takes a boolean for its own variant, and no other value', async () => {
    expect((await recordOf({ value: false }))['feature_flag.result.variant']).toBe('false');
    const attributes = await recordOf({ value: 'ada@example.org' });
    expect(attributes).not.toHaveProperty(['feature_flag.result.variant']);
    expect(JSON.stringify(attributes)).not.toContain('ada@example.org');
  });

  it('takes empty texts for none, as the flagd protocol gives them', async () => {
    const attributes = await recordOf({ value: true, variant: '', reason: '' });
    expect(attributes).toMatchObject({
      'feature_flag.result.variant': 'true',
      'feature_flag.result.reason': 'unknown',
    });
  });

  it('has the error of a failed evaluation, and its message only where that is asked for, cut', async () => {
    const failing = () => {
      throw new Error(`no rule for ada@example.org ${'x'.repeat(1_000)}`);
    };
    const who: EvaluationContext = { targetingKey: 'ada@example.org' };
    expect(await (await clientOf(failing)).getBooleanValue('flag', true, who)).toBe(true);
    const attributes = sdk.logs.getFinishedLogRecords().at(-1)?.attributes;
    expect(attributes).toMatchObject({ 'feature_flag.result.reason': 'error', 'error.type': 'general' });
    expect(JSON.stringify(attributes)).not.toContain('ada');

    const asked = await clientOf(failing, new TelltaleHook({ errorMessages: true }));
    await asked.getBooleanValue('flag', true, who);
    const message = sdk.logs.getFinishedLogRecords().at(-1)?.attributes['feature_flag.error.message'];
    expect(message).toMatch(/^no rule for ada@example.org x+$/);
    expect(message).toHaveLength(256);
  });

  it('refuses options that it does not know', () => {
    expect(() => new TelltaleHook({ record: 'off' } as never)).toThrow(
      'there is no option "record"; there are records, values, errorMessages.',
    );
    expect(() => new TelltaleHook('off' as never)).toThrow('options have to be an object, got "off"');
    expect(() => new TelltaleHook({ errorMessages: 'yes' as never })).toThrow(
      'has to be true or false, got "yes"',
    );
  });

  it('is written when the provider is not ready', async () => {
    const provider = new TestProvider(() => ({ value: true }));
    const never = Object.assign(provider, { initialize: () => new Promise<void>(() => {}) });
    OpenFeature.setProvider('not-ready', never);
    const client = OpenFeature.getClient('not-ready');
    client.addHooks(new TelltaleHook());
    expect(await client.getBooleanValue('flag', true)).toBe(true);
    expect(sdk.logs.getFinishedLogRecords().at(-1)?.attributes['error.type']).toBe('provider_not_ready');
  });

  it('never has the targeting key', async () => {
    const client = await clientOf(() => ({ value: true, variant: 'on' }));
    const who: EvaluationContext = { targetingKey: 'ada@example.org' };
    await client.getBooleanValue('flag', false, who);
    expect(JSON.stringify(sdk.logs.getFinishedLogRecords().map((record) => record.attributes))).not.toContain(
      'ada',
    );
  });
});

describe('the assignment', () => {
  it.each([
    ['SPLIT', 'assigned'],
    ['TARGETING_MATCH', 'assigned'],
    ['CACHED', 'assigned'],
    ['STALE', 'assigned'],
    ['UNKNOWN', 'assigned'],
    [undefined, 'assigned'],
    ['SOMETHING_NEW', 'assigned'],
    ['STATIC', 'default'],
    ['static', 'default'],
    ['DEFAULT', 'default'],
    ['DISABLED', 'default'],
    ['ERROR', 'error'],
    ['FALLTHROUGH', 'assigned'],
    ['RULE_MATCH', 'assigned'],
    ['TARGET_MATCH', 'override'],
    ['OFF', 'default'],
    ['PREREQUISITE_FAILED', 'default'],
  ])('of %s is %s', async (reason, assignment) => {
    const client = await clientOf(() => ({
      value: true,
      variant: 'on',
      ...(reason === undefined ? {} : { reason }),
    }));
    const scope = new Scope(undefined, undefined);
    await new Promise<void>((resolve) => {
      runInScope(scope, () => void client.getBooleanValue('flag', false).then(() => resolve()));
    });
    expect(scope.flags.get('flag')?.assignment).toBe(assignment);
    expect(sdk.logs.getFinishedLogRecords().at(-1)?.attributes['feature_flag.result.reason']).toBe(
      (reason ?? 'UNKNOWN').toLowerCase(),
    );
  });
});

async function evaluations(key: string): Promise<number> {
  const points = await sdk.points('feature_flag.evaluations');
  return points
    .filter((point) => point.attributes['feature_flag.key'] === key)
    .reduce((sum, point) => sum + (point.value as number), 0);
}

describe('the hook', () => {
  it('counts an evaluation once, however often it is registered', async () => {
    const hook = new TelltaleHook();
    const client = await clientOf(() => ({ value: true, variant: 'on' }), hook, hook, new TelltaleHook());
    OpenFeature.addHooks(hook);
    try {
      await client.getBooleanValue('thrice', false, {}, { hooks: [hook] });
      await client.getBooleanValue('thrice', false);
    } finally {
      OpenFeature.clearHooks();
    }
    expect(await evaluations('thrice')).toBe(2);
    expect(sdk.logs.getFinishedLogRecords()).toHaveLength(2);
  });

  it('leaves the result as it is without a hook', async () => {
    const result = { value: true, variant: 'on', reason: 'SPLIT' };
    const client = await clientOf(() => result);
    const details = await client.getBooleanDetails('flag', false);
    expect(details).toStrictEqual({ ...result, flagKey: 'flag', flagMetadata: {} });
    expect(Reflect.ownKeys(details).sort()).toEqual([
      'flagKey',
      'flagMetadata',
      'reason',
      'value',
      'variant',
    ]);
  });

  it('refuses a mode that is none', () => {
    expect(() => new TelltaleHook({ records: 'all' as EvaluationRecords })).toThrow(
      'option "records" has to be one of sampled, once-per-scope, each, off, got "all"',
    );
  });

  it('writes the attribute on the request of an HTTP instrumentation, without the middleware', async () => {
    const client = await clientOf(() => ({ value: true, variant: 'on' }));
    const tracer = trace.getTracer('test');
    const entry = tracer.startSpan('GET');
    const requestContext = setRPCMetadata(ROOT_CONTEXT, { type: RPCType.HTTP, span: entry });
    const inner = tracer.startSpan('request handler');
    await context.with(trace.setSpan(requestContext, inner), () => client.getBooleanValue('flag', false));
    inner.end();
    entry.end();
    const [first, second] = sdk.spans.getFinishedSpans();
    expect(first?.attributes).toEqual({});
    expect(second?.attributes).toEqual({ 'feature_flags.flag': 'on' });
  });

  it('touches no span outside an operation, but counts and records', async () => {
    const client = await clientOf(() => ({ value: true, variant: 'on' }));
    const span = trace.getTracer('test').startSpan('unrelated');
    await context.with(trace.setSpan(ROOT_CONTEXT, span), () => client.getBooleanValue('outside', false));
    span.end();
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toEqual({});
    expect(await evaluations('outside')).toBe(1);
    expect(sdk.logs.getFinishedLogRecords()).toHaveLength(1);
  });
});

describe('option records', () => {
  async function recorded(records: EvaluationRecords, sampled: boolean): Promise<number> {
    sdk = installSdk(sampled ? {} : { sampler: new AlwaysOffSampler() });
    const client = await clientOf(() => ({ value: true, variant: 'on' }), new TelltaleHook({ records }));
    const scope = new Scope(trace.getTracer('test').startSpan('GET'), undefined);
    await new Promise<void>((resolve) => {
      runInScope(scope, () => {
        void client
          .getBooleanValue('flag', false)
          .then(() => client.getBooleanValue('flag', false))
          .then(() => resolve());
      });
    });
    return sdk.logs.getFinishedLogRecords().length;
  }

  it.each([
    ['sampled', true, 1],
    ['sampled', false, 0],
    ['once-per-scope', true, 1],
    ['once-per-scope', false, 1],
    ['each', false, 2],
    ['off', true, 0],
  ] as const)('%s with sampled %s gives %i', async (records, sampled, expected) => {
    expect(await recorded(records, sampled)).toBe(expected);
  });
});

describe('the installed version', () => {
  it('outside the range is warned of once a hook is made, and does nothing else', async () => {
    vi.resetModules();
    vi.doMock('../../src/hooks/sdk-version.js', () => ({ warnOfVersion: warned }));
    const { TelltaleHook: Fresh } = await import('../../src/hooks/openfeature.js');
    expect(warned).not.toHaveBeenCalled();
    new Fresh();
    await vi.waitFor(() => expect(warned).toHaveBeenCalledTimes(1));
    expect(warned).toHaveBeenCalledWith('TelltaleHook', [
      { name: '@openfeature/server-sdk', from: '1.17.0', below: 2 },
    ]);
    vi.doUnmock('../../src/hooks/sdk-version.js');
  });
});
