import { integrations, type LDClient, type LDContext, type LDOptions } from '@launchdarkly/node-server-sdk';
import { metrics, trace } from '@opentelemetry/api';
import { beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { TelltaleHook } from '../../src/hooks/launchdarkly.js';
import { createClient, readyClient } from '../support/app-launchdarkly.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

const ADA: LDContext = { kind: 'user', key: 'ada@example.org' };

let sdk: Sdk;
beforeEach(() => {
  sdk = installSdk();
});

const clientOf = (...hooks: integrations.Hook[]): Promise<LDClient> =>
  readyClient(...(hooks.length === 0 ? [new TelltaleHook()] : hooks));

/** The attributes of the only record there is. */
function record(): Record<string, unknown> {
  const records = sdk.logs.getFinishedLogRecords();
  expect(records).toHaveLength(1);
  expect(records[0]?.eventName).toBe('feature_flag.evaluation');
  return { ...records[0]?.attributes };
}

/** What one evaluation wrote: the record, and what the operation keeps of the flag. */
async function evaluated(
  key: string,
  evaluate: (client: LDClient) => Promise<unknown>,
): Promise<{ attributes: Record<string, unknown>; assignment: string | undefined; variant: unknown }> {
  const client = await clientOf();
  const scope = new Scope(undefined, undefined);
  await runInScope(scope, () => evaluate(client));
  const state = scope.flags.get(key);
  return { attributes: record(), assignment: state?.assignment, variant: state?.variant.name };
}

describe('the record of an evaluation', () => {
  it('has what the SDK tells and nothing else', async () => {
    const { attributes } = await evaluated('boolean', (client) => client.variation('boolean', ADA, true));
    expect(attributes).toEqual({
      'feature_flag.key': 'boolean',
      'feature_flag.result.variant': '1',
      'feature_flag.result.reason': 'default',
      'feature_flag.provider.name': 'LaunchDarkly',
    });
  });

  it('names the environment where the data source does', async () => {
    const hook = new TelltaleHook();
    const reason = { kind: 'FALLTHROUGH' };
    const series = { flagKey: 'f', context: ADA, defaultValue: 1, method: 'x', environmentId: 'env-1' };
    hook.afterEvaluation(series, {}, { value: 1, variationIndex: 0, reason });
    expect(record()['feature_flag.set.id']).toBe('env-1');
  });

  it('has the value only where that is asked for', async () => {
    const client = await clientOf(new TelltaleHook({ values: true }));
    await client.jsonVariation('json', ADA, null);
    expect(record()['feature_flag.result.value']).toBe('{"size":2}');
  });
});

describe.each([
  ['boolean', (client: LDClient) => client.boolVariation('boolean', ADA, true), '1'],
  ['string', (client: LDClient) => client.stringVariation('string', ADA, 'none'), '1'],
  ['number', (client: LDClient) => client.numberVariationDetail('number', ADA, 0), '0'],
  ['json', (client: LDClient) => client.jsonVariation('json', ADA, null), '1'],
])('a flag of type %s', (key, evaluate, variant) => {
  it('has the index of its variation as its variant', async () => {
    const result = await evaluated(key, evaluate);
    expect(result.variant).toBe(variant);
    expect(result.attributes['feature_flag.result.variant']).toBe(variant);
  });
});

describe('a reason', () => {
  const pro: LDContext = { kind: 'user', key: 'bob', plan: 'pro' };
  it.each([
    ['an off flag', 'off', ADA, 'disabled', 'default', '1'],
    ['an off flag without a variation for it', 'off-without', ADA, 'disabled', 'default', 'true'],
    ['a rule', 'rule', pro, 'targeting_match', 'assigned', '0'],
    ['a fallthrough', 'rule', ADA, 'default', 'assigned', '1'],
    ['an individual target', 'target', ADA, 'targeting_match', 'override', '0'],
    ['an experiment', 'experiment', ADA, 'split', 'assigned', expect.stringMatching(/^[01]$/)],
    ['a failed prerequisite', 'prerequisite', ADA, 'disabled', 'default', '1'],
  ])('of %s', async (_what, key, context, reason, assignment, variant) => {
    const result = await evaluated(key, (client) => client.variation(key, context, true));
    expect(result.attributes['feature_flag.result.reason']).toBe(reason);
    expect(result.assignment).toBe(assignment);
    expect(result.variant).toEqual(variant);
  });

  it.each([
    ['FLAG_NOT_FOUND', 'flag_not_found'],
    ['MALFORMED_FLAG', 'parse_error'],
    ['EXCEPTION', 'general'],
    ['SOMETHING_NEW', 'something_new'],
    [undefined, '_OTHER'],
  ])('of an error of the kind %s', (errorKind, errorType) => {
    const series = { flagKey: 'f', context: ADA, defaultValue: 1, method: 'x' };
    const reason = errorKind === undefined ? { kind: 'ERROR' } : { kind: 'ERROR', errorKind };
    new TelltaleHook().afterEvaluation(series, {}, { value: 1, reason });
    expect(record()['error.type']).toBe(errorType);
  });

  it('that LaunchDarkly adds some day is passed on, and counts as assigned', () => {
    const series = { flagKey: 'f', context: ADA, defaultValue: 1, method: 'x' };
    const scope = new Scope(undefined, undefined);
    const detail = { value: 1, variationIndex: 0, reason: { kind: 'HOLDOUT' } };
    runInScope(scope, () => new TelltaleHook().afterEvaluation(series, {}, detail));
    expect(record()['feature_flag.result.reason']).toBe('holdout');
    expect(scope.flags.get('f')?.assignment).toBe('assigned');
  });
});

describe('a failed evaluation', () => {
  it.each([
    ['a missing flag', 'flag_not_found', (client: LDClient) => client.variation('missing', ADA, false)],
    ['the wrong type', 'type_mismatch', (client: LDClient) => client.boolVariation('string', ADA, false)],
    [
      'a bad context',
      'invalid_context',
      (client: LDClient) => client.variation('rule', { kind: 'user', key: '' }, false),
    ],
    [
      'an unknown migration stage',
      'type_mismatch',
      (client: LDClient) => client.migrationVariation('string', ADA, 'off' as never),
    ],
  ])('by %s has its error type and the default value', async (_what, errorType, evaluate) => {
    const client = await clientOf();
    await evaluate(client);
    expect(record()).toMatchObject({ 'feature_flag.result.reason': 'error', 'error.type': errorType });
  });

  it('counts as an error with the default value as its variant', async () => {
    const result = await evaluated('missing', (client) => client.variation('missing', ADA, false));
    expect(result).toMatchObject({ assignment: 'error', variant: 'false' });
  });

  it('has no variant where the default value is no boolean', async () => {
    const result = await evaluated('missing', (client) =>
      client.variation('missing', ADA, 'ada@example.org'),
    );
    expect(result.variant).toBeUndefined();
    expect(JSON.stringify(result.attributes)).not.toContain('ada');
  });

  it.each<[string, LDOptions]>([
    ['before the client is ready', { updateProcessor: { start() {}, stop() {}, close() {} } }],
    ['offline', { offline: true }],
  ])('is written %s', async (_what, options) => {
    const client = createClient(new integrations.TestData(), [new TelltaleHook()], options);
    expect(await client.boolVariation('boolean', ADA, true)).toBe(true);
    expect(record()).toMatchObject({ 'error.type': 'provider_not_ready' });
  });
});

describe('a flag that is no text', () => {
  it.each([undefined, null, '', {}])('is left to the SDK: %j', async (key) => {
    const client = await clientOf();
    const faults = dropCounts().get('fault');
    expect(await client.variation(key as never, ADA, 'none')).toBe('none');
    expect(sdk.logs.getFinishedLogRecords()).toEqual([]);
    expect(dropCounts().get('fault')).toBe(faults);
  });
});

describe('a percentage rollout', () => {
  it('gives each user the variation that LaunchDarkly gives, as assigned', async () => {
    const client = await clientOf();
    const variants = new Map<string | undefined, number>();
    for (let i = 0; i < 200; i += 1) {
      const scope = new Scope(undefined, undefined);
      const user: LDContext = { kind: 'user', key: `user-${i}` };
      const detail = await runInScope(scope, () => client.variationDetail('rollout', user, false));
      const state = scope.flags.get('rollout');
      expect(state).toMatchObject({
        assignment: 'assigned',
        variant: { name: String(detail.variationIndex) },
      });
      variants.set(state?.variant.name, (variants.get(state?.variant.name) ?? 0) + 1);
    }
    expect([...variants.keys()].sort()).toEqual(['0', '1']);
    expect(variants.get('0')).toBeGreaterThan(60);
    expect(variants.get('1')).toBeGreaterThan(60);
  });
});

async function evaluations(key: string): Promise<number> {
  const points = await sdk.points('feature_flag.evaluations');
  return points
    .filter((point) => point.attributes['feature_flag.key'] === key)
    .reduce((sum, point) => sum + (point.value as number), 0);
}

describe('the hook', () => {
  it('writes once, however often it is registered', async () => {
    const hook = new TelltaleHook();
    const client = await clientOf(hook, hook, new TelltaleHook());
    client.addHook?.(hook);
    await client.variation('thrice', ADA, 'none');
    await client.variation('thrice', ADA, 'none');
    expect(await evaluations('thrice')).toBe(2);
    expect(sdk.logs.getFinishedLogRecords()).toHaveLength(2);
  });

  it('leaves results and the data of the series as they are', async () => {
    const bare = await readyClient();
    const client = await clientOf();
    for (const key of ['boolean', 'string', 'json', 'off', 'target', 'rollout', 'missing']) {
      const expected = await bare.variationDetail(key, ADA, 'default');
      expect(await client.variationDetail(key, ADA, 'default')).toStrictEqual(expected);
    }
    const data = { mine: 1 };
    const series = { flagKey: 'f', context: ADA, defaultValue: 1, method: 'x' };
    const detail = { value: 1, variationIndex: 0, reason: { kind: 'OFF' } };
    expect(new TelltaleHook().afterEvaluation(series, data, detail)).toBe(data);
  });

  it('leaves results as they are where it breaks, and tells LaunchDarkly nothing of it', async () => {
    metrics.disable();
    metrics.setGlobalMeterProvider({
      getMeter() {
        throw new Error('no meters today');
      },
    });
    const errors: unknown[] = [];
    const ignore = (): void => {};
    const logger = {
      error: (...args: unknown[]) => errors.push(args),
      warn: ignore,
      info: ignore,
      debug: ignore,
    };
    const data = new integrations.TestData();
    const client = createClient(data, [new TelltaleHook()], { logger });
    await client.waitForInitialization({ timeout: 5 });
    await data.update(data.flag('boolean').variationForAll(false));
    const faults = dropCounts().get('fault') ?? 0;
    expect(await client.boolVariation('boolean', ADA, true)).toBe(false);
    expect(dropCounts().get('fault')).toBe(faults + 1);
    expect(errors).toEqual([]);
  });

  it('writes on the entry span of its own operation, where two run at once', async () => {
    const client = await clientOf();
    const serve = async (key: string): Promise<void> => {
      const span = trace.getTracer('test').startSpan(key);
      await runInScope(new Scope(span, undefined), async () => {
        await client.variation('target', { kind: 'user', key }, false);
        await client.variation('string', { kind: 'user', key }, 'none');
      });
      span.end();
    };
    await Promise.all([serve('ada@example.org'), serve('bob')]);
    const written = sdk.spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes]);
    expect(Object.fromEntries(written)).toEqual({
      'ada@example.org': { 'feature_flags.target': '0', 'feature_flags.string': '1' },
      bob: { 'feature_flags.target': '1', 'feature_flags.string': '1' },
    });
  });

  it('touches no span outside an operation, but counts and records', async () => {
    const client = await clientOf();
    await trace.getTracer('test').startActiveSpan('unrelated', async (span) => {
      await client.variation('outside', ADA, 0);
      span.end();
    });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toEqual({});
    expect(await evaluations('outside')).toBe(1);
    expect(record()).toMatchObject({ 'feature_flag.key': 'outside' });
  });

  it('never writes the key of a context', async () => {
    const client = await clientOf();
    const span = trace.getTracer('test').startSpan('GET');
    const both: LDContext = {
      kind: 'multi',
      user: { key: 'ada@example.org' },
      organization: { key: 'acme' },
    };
    const scope = new Scope(span, undefined);
    await runInScope(scope, () => client.variation('target', both, false));
    span.end();
    expect(scope.unit?.targetingKey).toBe('organization:acme:user:ada@example.org');
    const points = await sdk.points('feature_flag.evaluations');
    const spans = sdk.spans
      .getFinishedSpans()
      .map(({ name, attributes, events }) => [name, attributes, events]);
    expect(JSON.stringify([record(), spans, points])).not.toMatch(/ada|acme/);
  });

  it('refuses options that it does not know', () => {
    expect(() => new TelltaleHook({ record: 'off' } as never)).toThrow(
      'TelltaleHook: there is no option "record"; there are records, values, errorMessages, variations.',
    );
  });
});
