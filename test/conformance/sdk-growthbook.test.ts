import {
  type FeatureDefinitions,
  type FeatureResult,
  GrowthBook,
  GrowthBookClient,
  type Result,
} from '@growthbook/growthbook';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/growthbook.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/growthbook.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

const { observeGrowthBook } = entry;

const attributes = { id: 'user-3', company: 'acme' };

describe('a GrowthBook and its clients', () => {
  let sdk: Sdk;

  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(() => counted());

  /** Evaluations by key, variant and reason. */
  async function counted(): Promise<Record<string, number>> {
    const points = await sdk.points('feature_flag.evaluations');
    return Object.fromEntries(
      points.map(({ attributes: of, value }) => [
        ['key', 'result.variant', 'result.reason'].map((name) => of[`feature_flag.${name}`] ?? '-').join(' '),
        Number(value),
      ]),
    );
  }

  async function features(): Promise<FeatureDefinitions> {
    return (await subject.start()).getFeatures();
  }

  it('counts every evaluation of a single user, also those that GrowthBook leaves out of feature usage', async () => {
    const usage: string[] = [];
    const onFeatureUsage = (key: string): void => {
      usage.push(key);
    };
    const growthbook = new GrowthBook({ attributes, features: await features(), onFeatureUsage });
    observeGrowthBook(growthbook);
    growthbook.isOn('boolean');
    growthbook.isOff('boolean');
    growthbook.feature('boolean');
    growthbook.evalFeature('boolean');
    growthbook.getFeatureValue('split', 'none');
    growthbook.setForcedFeatures(new Map([['boolean', false]]));
    growthbook.isOn('boolean');
    growthbook.run({ key: 'inline', variations: [0, 1], weights: [0, 1] });
    await new Promise(setImmediate);
    expect(await counted()).toEqual({
      'boolean true static': 4,
      'split Blue split': 1,
      'boolean false static': 1,
      'inline 1 split': 1,
    });
    expect(usage).toEqual(['boolean', 'split']);
    growthbook.destroy();
  });

  it('leaves callbacks alone, whenever they are set', async () => {
    const seen: string[] = [];
    const growthbook = await subject.start();
    growthbook.setFeatureUsageCallback((key) => seen.push(`first ${key}`));
    const detach = observeGrowthBook(growthbook);
    growthbook.isOn('boolean', {});
    growthbook.setFeatureUsageCallback((key) => seen.push(`second ${key}`));
    growthbook.isOn('boolean', {});
    const scoped = growthbook.createScopedInstance({ attributes });
    scoped.setFeatureUsageCallback((key) => seen.push(`scoped ${key}`));
    scoped.isOn('boolean');
    detach();
    growthbook.isOn('boolean', {});
    await new Promise(setImmediate);
    expect(seen).toEqual([
      'first boolean',
      'second boolean',
      'second boolean',
      'scoped boolean',
      'second boolean',
    ]);
    expect(await counted()).toEqual({ 'boolean true static': 3 });
  });

  it('counts every evaluation of a scoped instance', async () => {
    const growthbook = await subject.start();
    // Before and after it is observed.
    const instances = [growthbook.createScopedInstance({ attributes })];
    observeGrowthBook(growthbook);
    instances.push(growthbook.createScopedInstance({ attributes }));
    for (const instance of instances) {
      instance.isOn('boolean');
      instance.isOff('boolean');
      instance.getFeatureValue('split', 'none');
      instance.evalFeature('split');
      instance.runInlineExperiment({ key: 'inline', variations: [0, 1], weights: [0, 1] });
    }
    expect(await counted()).toEqual({ 'boolean true static': 4, 'split Blue split': 4, 'inline 1 split': 2 });
  });

  it('gives one flag one variant, whichever method asks', async () => {
    const growthbook = await subject.start();
    observeGrowthBook(growthbook);
    await run('both', () => {
      growthbook.isOn('split', { attributes });
      growthbook.getFeatureValue('split', 'none', { attributes });
    });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toMatchObject({ 'feature_flags.split': 'Blue' });
  });

  it('counts what a callback evaluates', async () => {
    const growthbook = await subject.start();
    observeGrowthBook(growthbook);
    growthbook.setTrackingCallback(() => void growthbook.isOn('boolean', { attributes }));
    growthbook.getFeatureValue('split', 'none', { attributes });
    expect(await counted()).toEqual({ 'split Blue split': 1, 'boolean true static': 1 });
  });

  it('does not count prerequisites', async () => {
    const growthbook = await subject.start();
    observeGrowthBook(growthbook);
    growthbook.isOn('gated', { attributes });
    expect(await counted()).toEqual({ 'gated - disabled': 1 });
  });

  it('does not see what is no feature', async () => {
    const growthbook = await subject.start();
    observeGrowthBook(growthbook);
    const isOn = growthbook.isOn.bind(growthbook) as (...args: unknown[]) => boolean;
    expect(isOn(undefined, {})).toBe(false);
    expect(await counted()).toEqual({});
  });

  it.each([
    ['one of several', { id: { $in: ['ada', 'bob'] } }, 'override'],
    ['a single one', { id: 'ada' }, 'override'],
    ['a number', { id: 42 }, 'override'],
    ['a single one by operator', { id: { $eq: 'ada' } }, 'override'],
    ['a group', { id: { $inGroup: 'testers' } }, 'assigned'],
    ['everybody else', { id: { $ne: 'bob' } }, 'assigned'],
  ])('tells a condition on units apart: %s', async (_what, condition, assignment) => {
    const rules = [{ id: 'fr_1', condition, force: true }];
    const payload = { features: { flag: { defaultValue: false, rules } }, savedGroups: { testers: ['ada'] } };
    const growthbook = new GrowthBookClient().initSync({ payload });
    observeGrowthBook(growthbook);
    const id = 'id' in condition && condition.id === 42 ? 42 : 'ada';
    await run('targeted', () => growthbook.isOn('flag', { attributes: { id } }));
    expect(await sdk.points('telltale.operation.duration')).toMatchObject([
      { attributes: { 'feature_flag.result.variant': 'true', 'telltale.assignment': assignment } },
    ]);
  });

  it.each([
    ['to everybody', { coverage: 1 }, true, 'static'],
    ['by range', { range: [0, 0.99] }, true, 'split'],
    ['by namespace', { filters: [{ seed: 's', ranges: [[0, 1]], hashVersion: 2 }] }, true, 'split'],
    ['to nobody', { coverage: 0 }, false, 'default'],
    ['with a condition that fails', { coverage: 0.5, condition: { plan: 'pro' } }, false, 'default'],
    [
      'with a prerequisite',
      { parentConditions: [{ id: 'on', condition: { value: true } }] },
      true,
      'targeting_match',
    ],
  ])('tells a rollout apart: %s', async (_what, rule, value, reason) => {
    const flag = {
      defaultValue: false,
      rules: [{ id: 'fr_1', force: true, ...rule }],
    } as FeatureDefinitions[string];
    const growthbook = new GrowthBookClient().initSync({
      payload: { features: { flag, on: { defaultValue: true } } },
    });
    observeGrowthBook(growthbook);
    expect(growthbook.isOn('flag', { attributes })).toBe(value);
    expect(await counted()).toEqual({ [`flag ${value} ${reason}`]: 1 });
  });

  it('counts whoever a rollout leaves out as split, by whichever value', async () => {
    const rules = [
      { id: 'fr_half', coverage: 0.001, force: 'a' },
      { id: 'fr_named', condition: { id: 'ada' }, force: 'b' },
      { id: 'fr_rest', condition: {}, force: 'c' },
    ];
    const growthbook = new GrowthBookClient().initSync({ payload: { features: { flag: { rules } } } });
    observeGrowthBook(growthbook);
    for (const id of ['ada', 'user-1']) growthbook.evalFeature('flag', { attributes: { id } });
    expect(await counted()).toEqual({ 'flag fr_named targeting_match': 1, 'flag fr_rest split': 1 });
  });

  it('takes a payload with nulls', async () => {
    const rule = {
      id: 'fr_1',
      condition: null,
      parentConditions: null,
      filters: null,
      range: null,
      tracks: null,
    };
    const payload = {
      features: { flag: { defaultValue: 1, rules: [{ ...rule, force: 2 }] }, none: { rules: null } },
    };
    const growthbook = new GrowthBookClient().initSync({ payload: payload as never });
    observeGrowthBook(growthbook);
    growthbook.evalFeature('flag', { attributes });
    growthbook.evalFeature('none', { attributes: null as never });
    expect(() => growthbook.evalFeature('none', null as never)).toThrow(TypeError);
    expect(await counted()).toEqual({ 'flag fr_1 static': 1, 'none $default static': 1 });
  });

  it('does not tell rules without an id apart', async () => {
    const rules = [
      { condition: { plan: 'pro' }, force: 'a' },
      { condition: { id: 'user-3' }, force: 'b' },
    ];
    const payload = { features: { flag: { defaultValue: 'c', rules } } };
    const growthbook = new GrowthBookClient().initSync({ payload });
    observeGrowthBook(growthbook);
    growthbook.evalFeature('flag', { attributes });
    expect(await counted()).toEqual({ 'flag - unknown': 1 });
  });

  it('takes an experiment that a server ran from the tracking data', async () => {
    const key = 'palette';
    const result: Result<string> = {
      key: '1',
      name: 'Blue',
      featureId: 'flag',
      inExperiment: true,
      hashUsed: true,
      variationId: 1,
      value: 'blue',
      hashAttribute: 'company',
      hashValue: 'acme',
    };
    const experiment = { key, variations: ['navy', 'blue'] as [string, string] };
    const other = { ...result, name: 'Green', featureId: 'prerequisite' };
    const holdout = { ...result, name: 'Holdout', passthrough: true };
    const tracks = [result, other, holdout].map((one) => ({ experiment, result: one }));
    const payload = { features: { flag: { rules: [{ force: 'blue', tracks }] } } };
    const growthbook = new GrowthBookClient().initSync({ payload });
    observeGrowthBook(growthbook);
    growthbook.evalFeature('flag', { attributes });
    expect(await counted()).toEqual({ 'flag Blue split': 1 });
  });

  it('counts the unit that a rollout hashes', async () => {
    const rules = [{ id: 'fr_1', force: true, coverage: 0.99, hashAttribute: 'company' }];
    const payload = { features: { flag: { defaultValue: false, rules } } };
    const growthbook = new GrowthBookClient({ globalAttributes: { company: 'acme' } }).initSync({ payload });
    observeGrowthBook(growthbook, { records: 'each' });
    const units = async (): Promise<number> => (await sdk.points('telltale.unit.operations')).length;
    await run('rollout', () => growthbook.isOn('flag', {}));
    expect(await units()).toBe(1);
    await run('rollout', () =>
      growthbook.isOn('flag', { attributes: { company: undefined }, attributeOverrides: {} }),
    );
    expect(await counted()).toEqual({ 'flag true split': 1, 'flag false default': 1 });
  });

  it('counts the unit that an experiment hashes, and whom overrides of attributes name', async () => {
    const rules = [{ variations: ['a', 'b'], hashAttribute: 'company' }];
    const payload = { features: { flag: { rules }, on: { defaultValue: true } } };
    const growthbook = new GrowthBookClient().initSync({ payload });
    observeGrowthBook(growthbook);
    await run('experiment', () => growthbook.evalFeature('flag', { attributes: { company: 'acme' } }));
    const scoped = growthbook.createScopedInstance({});
    scoped.setAttributeOverrides({ id: 'someone-else' });
    await run('overrides', () => scoped.isOn('on'));
    const units = await sdk.points('telltale.unit.operations');
    expect(units.map(({ attributes: of }) => of['feature_flag.key'])).toEqual(['flag', 'on']);
  });

  it('tells an experiment of the code that leaves the unit out', async () => {
    const growthbook = await subject.start();
    observeGrowthBook(growthbook);
    const experiment = { key: 'inline', variations: ['a', 'b'] as [string, string], coverage: 0 };
    growthbook.runInlineExperiment(experiment, { attributes });
    growthbook.runInlineExperiment(experiment, { attributes, forcedVariations: { inline: 1 } });
    expect(await counted()).toEqual({ 'inline 0 default': 1, 'inline 1 static': 1 });
  });

  it('tells prerequisites that need each other', async () => {
    const need = (id: string) => ({ rules: [{ parentConditions: [{ id, condition: {} }], force: true }] });
    const growthbook = new GrowthBookClient().initSync({
      payload: { features: { a: need('b'), b: need('a') } },
    });
    observeGrowthBook(growthbook);
    growthbook.isOn('a', { attributes });
    expect(await sdk.points('feature_flag.evaluations')).toMatchObject([
      { attributes: { 'error.type': 'general' } },
    ]);
  });

  it('writes the value where that is wanted, and none where the application gets its default', async () => {
    const growthbook = await subject.start();
    observeGrowthBook(growthbook, { values: true });
    growthbook.getFeatureValue('number', 0, {});
    growthbook.getFeatureValue('missing', 'secret', {});
    const records = sdk.logs.getFinishedLogRecords();
    expect(records.map(({ attributes: of }) => of['feature_flag.result.value'])).toEqual([20, undefined]);
  });

  it('is as it was once it is detached', async () => {
    const growthbook = await subject.start();
    const before = Object.getOwnPropertyNames(growthbook);
    observeGrowthBook(growthbook)();
    expect(Object.getOwnPropertyNames(growthbook)).toEqual(before);
  });

  it('takes clients of typed features', () => {
    interface Features {
      dark: boolean;
      color: string;
    }
    const typed: Parameters<typeof observeGrowthBook>[0][] = [
      new GrowthBook<Features>(),
      new GrowthBookClient<Features>(),
    ];
    for (const growthbook of typed) observeGrowthBook(growthbook)();
  });

  it('refuses a scoped instance, whose client is to be observed', async () => {
    const scoped = (await subject.start()).createScopedInstance({});
    expect(() => observeGrowthBook(scoped as unknown as GrowthBook)).toThrow(
      /^observeGrowthBook: expected a GrowthBook or a GrowthBookClient, which is observed with its scoped instances, got an object of the class UserScopedGrowthBook; it has to have the methods evalFeature, getFeatures\.$/,
    );
  });

  it('gives back the same result object', async () => {
    const growthbook = await subject.start();
    const feature = (): FeatureResult => growthbook.evalFeature('object', { attributes });
    const { value } = feature();
    observeGrowthBook(growthbook);
    expect(feature().value).toBe(value);
  });
});

describeSdk(subject, entry);
