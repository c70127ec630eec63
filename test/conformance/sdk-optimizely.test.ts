import {
  type Client,
  createInstance,
  createStaticProjectConfigManager,
  OptimizelyDecideOption,
} from '@optimizely/optimizely-sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as entry from '../../src/hooks/optimizely.js';
import { kindOf } from '../../src/hooks/sdk-kinds.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/optimizely.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);

const { observeOptimizely } = entry;
const FLAGS = [
  'boolean',
  'string',
  'number',
  'object',
  'off',
  'ruled',
  'half',
  'few',
  'split',
  'named',
  'control',
];

describe('Optimizely', () => {
  let sdk: Sdk;
  let client: Client;
  beforeEach(async () => {
    sdk = installSdk();
    client = await subject.start();
  });
  afterEach(async () => {
    subject.stop(client);
    // What nobody collected would reach the next test's provider.
    await sdk.points('feature_flag.evaluations');
  });

  const records = (): Record<string, unknown>[] =>
    sdk.logs.getFinishedLogRecords().map(({ attributes }) => ({ ...attributes }));
  const keys = (): unknown[] => records().map((one) => one['feature_flag.key']);
  const flagsOfSpan = (): Record<string, unknown> => ({ ...sdk.spans.getFinishedSpans()[0]?.attributes });
  const counts = async (): Promise<Record<string, unknown>> => {
    const points = await sdk.points('feature_flag.evaluations');
    return Object.fromEntries(points.map(({ attributes, value }) => [attributes['feature_flag.key'], value]));
  };

  /** A client with another datafile, made from the subject's. */
  async function changed(change: (datafile: Datafile) => void, more: object = {}): Promise<Client> {
    const datafile = JSON.parse(client.getOptimizelyConfig()?.getDatafile() ?? '') as Datafile;
    change(datafile);
    const projectConfigManager = createStaticProjectConfigManager({ datafile: JSON.stringify(datafile) });
    const other = createInstance({ projectConfigManager, ...more });
    await other.onReady();
    return other;
  }

  it('is known by its shape', () => {
    expect(kindOf(client)?.name).toBe('an Optimizely client');
  });

  it('agrees on the variant of a flag, whichever method is asked', () => {
    observeOptimizely(client);
    run('agree', () => {
      for (const key of FLAGS) {
        client.isFeatureEnabled(key, 'user-1');
        client.createUserContext('user-1').decide(key);
        client.getAllFeatureVariables(key, 'user-1');
      }
      client.getFeatureVariableString('string', 'color', 'user-1');
    });
    expect(flagsOfSpan()).toMatchObject({
      'feature_flags.boolean': 'on',
      'feature_flags.string': 'blue',
      'feature_flags.off': 'false',
      'feature_flags.ruled': 'false',
      'feature_flags.half': 'on',
      'feature_flags.split': 'blue',
      'feature_flags.control': 'false',
    });
    expect(Object.values(flagsOfSpan())).not.toContain('__mixed__');
  });

  it.each([
    ['decideAll', () => client.createUserContext('user-1').decideAll()],
    ['decideAllAsync', () => client.createUserContext('user-1').decideAllAsync()],
    ['decideForKeys', () => client.createUserContext('user-1').decideForKeys(FLAGS)],
    ['decideForKeysAsync', () => client.createUserContext('user-1').decideForKeysAsync(FLAGS)],
    [
      'decideAll of enabled flags',
      () => client.createUserContext('user-1').decideAll([OptimizelyDecideOption.ENABLED_FLAGS_ONLY]),
    ],
    ['getEnabledFeatures', () => client.getEnabledFeatures('user-1')],
  ])('takes %s as one evaluation of each flag', async (_name, evaluate) => {
    observeOptimizely(client);
    await run('bulk', async () => {
      await evaluate();
    });
    expect(await counts()).toEqual(Object.fromEntries(FLAGS.map((key) => [key, 1])));
    expect(Object.keys(flagsOfSpan()).filter((name) => name.startsWith('feature_flags.'))).toHaveLength(
      FLAGS.length,
    );
  });

  it('sees the user contexts that were made before', () => {
    const user = client.createUserContext('user-1');
    observeOptimizely(client);
    user.decide('boolean');
    expect(keys()).toEqual(['boolean']);
  });

  it('counts an activated experiment once, and a variation that is forced as an override', async () => {
    observeOptimizely(client);
    client.setForcedVariation('lonely-test', 'user-1', 'green');
    expect(run('job', () => client.activate('lonely-test', 'user-1'))).toBe('green');
    expect(await counts()).toEqual({ 'lonely-test': 1 });
    const durations = await sdk.points('telltale.operation.duration');
    expect(durations[0]?.attributes).toMatchObject({
      'feature_flag.result.variant': 'green',
      'telltale.assignment': 'override',
    });
  });

  it('takes who is outside of an experiment as default, and who its share passes by as drawn', async () => {
    const share = (experiment: Experiment | undefined, audienceIds: string[]): void => {
      if (experiment === undefined) return;
      experiment.audienceIds = audienceIds;
      experiment.trafficAllocation = [];
    };
    const told: unknown[] = [];
    for (const audienceIds of [[], ['pro']]) {
      const other = await changed(({ experiments }) => share(experiments.at(-1), audienceIds));
      observeOptimizely(other);
      expect(other.getVariation('lonely-test', 'user-1', { plan: 'pro' })).toBeNull();
      const { 'feature_flag.result.reason': reason, 'feature_flag.result.variant': variant } =
        records().at(-1) ?? {};
      told.push([variant, reason]);
      subject.stop(other);
    }
    expect(told).toEqual([
      ['false', 'split'],
      ['false', 'default'],
    ]);
  });

  it('takes a holdout as a split', async () => {
    const other = await changed((datafile) => {
      datafile.holdouts = [
        {
          id: 'holdout',
          key: 'holdout',
          status: 'Running',
          audienceIds: [],
          variations: [{ id: 'holdout-off', key: 'off', featureEnabled: false, variables: [] }],
          trafficAllocation: [{ entityId: 'holdout-off', endOfRange: 10_000 }],
        },
      ];
    });
    observeOptimizely(other);
    run('held', () => {
      expect(other.createUserContext('user-1').decide('boolean').ruleKey).toBe('holdout');
      expect(other.isFeatureEnabled('boolean', 'user-1')).toBe(false);
    });
    expect(records()).toMatchObject([
      { 'feature_flag.result.variant': 'false', 'feature_flag.result.reason': 'split' },
    ]);
    expect(flagsOfSpan()).toMatchObject({ 'feature_flags.boolean': 'false' });
    subject.stop(other);
  });

  it('takes a bandit that does not answer as a failure', async () => {
    const other = await changed(
      ({ experiments }) => {
        const split = experiments.find(({ key }) => key === 'split-test');
        if (split !== undefined) split.cmab = { attributeIds: [], trafficAllocation: 10_000 };
      },
      { cmab: { predictionEndpointTemplate: 'http://127.0.0.1:9/%s' } },
    );
    observeOptimizely(other);
    const user = other.createUserContext('user-1');
    const decisions = await user.decideForKeysAsync(
      ['split', 'boolean'],
      [OptimizelyDecideOption.INCLUDE_REASONS],
    );
    expect(decisions['split']).toMatchObject({ enabled: false, ruleKey: null });
    expect(records()).toHaveLength(2);
    expect(records()).toContainEqual(
      expect.objectContaining({ 'feature_flag.key': 'split', 'error.type': 'general' }),
    );
    subject.stop(other);
  });

  it.each([
    ['no user', ['boolean', undefined], 'targeting_key_missing'],
    ['a number as the user', ['boolean', 5], 'invalid_context'],
    ['a text as attributes', ['boolean', 'ada', 'pro'], 'invalid_context'],
    ['an attribute without a value', ['boolean', 'ada', { plan: undefined }], 'invalid_context'],
    ['a flag that is none', ['constructor', 'ada'], 'flag_not_found'],
  ])('gives what the SDK alone gives for %s', (_name, args, errorType) => {
    const evaluate = (): unknown => Reflect.apply(client.isFeatureEnabled, client, args);
    expect(evaluate()).toBe(false);
    observeOptimizely(client);
    expect(evaluate()).toBe(false);
    expect(records()).toMatchObject([{ 'feature_flag.result.variant': 'false', 'error.type': errorType }]);
  });

  it.each([
    ['no key', () => Reflect.apply(client.isFeatureEnabled, client, [undefined, 'ada'])],
    [
      'no keys',
      () =>
        Reflect.apply(client.createUserContext('ada').decideForKeys, client.createUserContext('ada'), [[]]),
    ],
  ])('writes nothing for %s', (_name, evaluate) => {
    observeOptimizely(client);
    evaluate();
    expect(records()).toEqual([]);
  });

  it('says why a variable or an experiment was not evaluated', () => {
    observeOptimizely(client);
    expect(client.getFeatureVariable('string', 'none', 'ada')).toBeNull();
    expect(client.getFeatureVariableDouble('number', 'size', 'ada')).toBeNull();
    expect(client.getAllFeatureVariables('missing', 'ada')).toBeNull();
    expect(client.activate('missing', 'ada')).toBeNull();
    expect(client.getVariation('boolean-all', 'ada')).toBeNull();
    expect(client.createUserContext('ada').decideForKeys(['missing'])).toHaveProperty('missing');
    expect(records().map((one) => one['error.type'])).toEqual([
      'general',
      'type_mismatch',
      'flag_not_found',
      'flag_not_found',
      'flag_not_found',
      'flag_not_found',
    ]);
  });

  it('says that it is not ready, as far as it is asked for something', async () => {
    const waiting = createInstance({
      projectConfigManager: createStaticProjectConfigManager({ datafile: '' }),
    });
    observeOptimizely(waiting);
    const user = waiting.createUserContext('ada');
    expect(user.decideForKeys(['a', 'b'])).toEqual({});
    expect(user.decideAll()).toEqual({});
    expect(await user.decideAsync('c')).toMatchObject({ enabled: false });
    waiting.isFeatureEnabled('d', 'ada');
    waiting.getFeatureVariableString('e', 'color', 'ada');
    waiting.activate('f', 'ada');
    waiting.getEnabledFeatures('ada');
    expect(keys()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(new Set(records().map((one) => one['error.type']))).toEqual(new Set(['provider_not_ready']));
  });

  it('leaves a listener of the application in place, and the client as it was', () => {
    const heard: unknown[] = [];
    const before = Object.keys(client);
    client.notificationCenter.addNotificationListener('DECISION', ({ type }) => heard.push(type));
    const remove = vi.spyOn(client.notificationCenter, 'removeNotificationListener');
    observeOptimizely(client)();
    expect(remove).toHaveReturnedWith(true);
    client.isFeatureEnabled('boolean', 'ada');
    expect(heard).toEqual(['feature']);
    expect(Object.keys(client)).toEqual(before);
    expect(Object.hasOwn(client, 'decide')).toBe(false);
  });
});

interface Experiment {
  readonly key: string;
  audienceIds: string[];
  trafficAllocation: object[];
  cmab?: object;
}

interface Datafile {
  readonly experiments: Experiment[];
  holdouts?: object[];
}
