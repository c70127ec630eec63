import {
  ConfigurationObjectFeatureFlagProvider,
  type EvaluationResult,
  FeatureManager,
  type IFeatureFlagProvider,
} from '@microsoft/feature-management';
import { beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/feature-management.js';
import { kindOf } from '../../src/hooks/sdk-kinds.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/feature-management.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);

const { observeFeatureManager } = entry;

describe('what only Microsoft FeatureManagement has', () => {
  let sdk: Sdk;
  beforeEach(() => {
    sdk = installSdk();
  });

  const providerOf = (...flags: object[]): ConfigurationObjectFeatureFlagProvider =>
    new ConfigurationObjectFeatureFlagProvider({ feature_management: { feature_flags: flags } });
  const records = (): object[] => sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes);
  const flagAttributes = (): object[] => sdk.spans.getFinishedSpans().map(({ attributes }) => attributes);

  it.each(['named', 'off', 'split', 'object'])('both questions on "%s" have one answer', async (key) => {
    const application = await subject.start();
    const context = { userId: 'ada@example.org', groups: ['staff'] };
    subject.attach(application, entry);
    const variant = await run('job', async () => {
      await application.manager.isEnabled(key, context);
      return application.manager.getVariant(key, context);
    });
    expect(flagAttributes()).toMatchObject([{ [`feature_flags.${key}`]: variant?.name }]);
  });

  it('asks the provider once for each evaluation', async () => {
    const asked: string[] = [];
    const bare = providerOf({ id: 'flag', enabled: true });
    const provider: IFeatureFlagProvider = {
      getFeatureFlag: (name) => {
        asked.push(name);
        return bare.getFeatureFlag(name);
      },
      getFeatureFlags: () => bare.getFeatureFlags(),
    };
    const manager = observeFeatureManager(FeatureManager, provider);
    await manager.isEnabled('flag');
    await manager.getVariant('flag');
    expect(asked).toEqual(['flag', 'flag']);
    expect(await manager.listFeatureNames()).toEqual(['flag']);
    expect(manager).toBeInstanceOf(FeatureManager);
  });

  it('calls the callback of the application as the manager alone does', async () => {
    const quiet = { id: 'quiet', enabled: true };
    const loud = { id: 'loud', enabled: true, telemetry: { enabled: true } };
    const told: EvaluationResult[] = [];
    const onFeatureEvaluated = (result: EvaluationResult) => told.push(result);
    const manager = observeFeatureManager(FeatureManager, providerOf(quiet, loud), { onFeatureEvaluated });
    await manager.isEnabled('quiet');
    await manager.isEnabled('loud');
    expect(told.map(({ feature }) => feature)).toEqual([loud]);
    expect(told[0]?.feature).toBe(loud);
    expect(records()).toMatchObject([{ 'feature_flag.key': 'quiet' }, { 'feature_flag.key': 'loud' }]);
  });

  it('writes an evaluation once whose callback throws', async () => {
    const onFeatureEvaluated = (): never => {
      throw new Error('no telemetry today');
    };
    const provider = providerOf({ id: 'loud', enabled: true, telemetry: { enabled: true } });
    const manager = observeFeatureManager(FeatureManager, provider, { onFeatureEvaluated });
    await expect(manager.isEnabled('loud')).rejects.toThrow('no telemetry today');
    expect(records()).toMatchObject([{ 'feature_flag.key': 'loud', 'error.type': 'general' }]);
  });

  it('sees a flag change', async () => {
    const flag = { id: 'flag', enabled: true };
    const manager = observeFeatureManager(FeatureManager, providerOf(flag));
    expect(await manager.isEnabled('flag')).toBe(true);
    flag.enabled = false;
    expect(await manager.isEnabled('flag')).toBe(false);
    expect(records()).toMatchObject([
      { 'feature_flag.result.variant': 'true', 'feature_flag.result.reason': 'static' },
      { 'feature_flag.result.variant': 'false', 'feature_flag.result.reason': 'disabled' },
    ]);
  });

  it('takes the unit of the accessor', async () => {
    const targetingContextAccessor = { getTargetingContext: () => ({ userId: 'someone-else' }) };
    const provider = providerOf({ id: 'of-accessor', enabled: true });
    const manager = observeFeatureManager(FeatureManager, provider, { targetingContextAccessor });
    await run('job', () => manager.isEnabled('of-accessor'));
    const units = await sdk.points('telltale.unit.operations');
    expect(units.map(({ attributes }) => attributes['feature_flag.key'])).toContain('of-accessor');
  });

  it('counts the default as a part of the split whose rest it takes', async () => {
    const provider = providerOf({
      id: 'flag',
      enabled: true,
      variants: [{ name: 'old' }, { name: 'new' }],
      allocation: { default_when_enabled: 'old', percentile: [{ variant: 'new', from: 0, to: 1e-9 }] },
    });
    const manager = observeFeatureManager(FeatureManager, provider);
    await manager.getVariant('flag', { userId: 'user-1' });
    await manager.getVariant('flag');
    expect(records()).toMatchObject([
      { 'feature_flag.result.variant': 'old', 'feature_flag.result.reason': 'split' },
      { 'feature_flag.result.variant': 'old', 'feature_flag.result.reason': 'static' },
    ]);
  });

  it('takes what an application in JavaScript may pass', async () => {
    const flags = [{ id: 'flag', enabled: true }];
    const bare = new FeatureManager(providerOf(...flags));
    const observed = observeFeatureManager(FeatureManager, providerOf(...flags));
    const calls: unknown[][] = [[], [undefined, null], ['flag', 7], ['flag', { userId: 7 }], [7], [{}, 'x']];
    for (const method of ['isEnabled', 'getVariant'] as const) {
      for (const call of calls) {
        const outcome = (manager: FeatureManager) =>
          Reflect.apply(manager[method], manager, call).then(
            (value: unknown) => ({ value }),
            (error: unknown) => ({ error }),
          );
        expect(await outcome(observed)).toEqual(await outcome(bare));
      }
    }
  });

  it('tells a manager that is already made from the class', async () => {
    const manager = new FeatureManager(providerOf());
    expect(() => Reflect.apply(observeFeatureManager, undefined, [manager])).toThrow(
      'expected the class FeatureManager first, got object',
    );
    expect(kindOf(manager)?.use).toContain('observeFeatureManager(FeatureManager, provider)');
  });
});
