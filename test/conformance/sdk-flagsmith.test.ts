import { DefaultFlag, Flags, Flagsmith, type FlagsmithConfig } from 'flagsmith-nodejs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import * as entry from '../../src/hooks/flagsmith.js';
import { run } from '../../src/index.js';
import { ENVIRONMENT, logger, subject } from '../sdks/flagsmith.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

const { observeFlagsmith } = entry;

/** What Flagsmith's API gives where it evaluates flags itself. */
const API_FLAGS = [
  { feature: { id: 1, name: 'boolean' }, enabled: true, feature_state_value: null },
  { feature: { id: 2, name: 'palette' }, enabled: true, feature_state_value: 'blue' },
  { feature: { id: 3, name: 'off' }, enabled: false, feature_state_value: 'navy' },
];

describe('Flagsmith', () => {
  const clients: Flagsmith[] = [];
  let sdk: Sdk;

  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await counted();
  });

  /** Evaluations by key, variant and reason. */
  async function counted(): Promise<Record<string, number>> {
    const points = await sdk.points('feature_flag.evaluations');
    return Object.fromEntries(
      points.map(({ attributes, value }) => [
        ['feature_flag.key', 'feature_flag.result.variant', 'feature_flag.result.reason', 'error.type']
          .flatMap((name) => attributes[name] ?? [])
          .join(' '),
        Number(value),
      ]),
    );
  }

  /** A client of an API that answers with that. */
  function online(answer: unknown, more: Partial<FlagsmithConfig> = {}): Flagsmith {
    const fetch: typeof globalThis.fetch = async () => Response.json(answer);
    const client = new Flagsmith({ environmentKey: 'ser.key', fetch, logger, ...more });
    clients.push(client);
    return client;
  }

  it('gives one flag one variant, whichever method reads it', async () => {
    const flagsmith = await subject.start();
    observeFlagsmith(flagsmith);
    await run('both', async () => {
      const flags = await flagsmith.getIdentityFlags('user-2');
      for (const key of ['boolean', 'off', 'palette', 'number', 'missing']) {
        flags.isFeatureEnabled(key);
        flags.getFeatureValue(key);
        flags.getFlag(key);
      }
    });
    expect(await counted()).toEqual({
      'boolean true default': 3,
      'off false disabled': 3,
      'palette 11 split': 3,
      'number true default': 3,
      'missing false error flag_not_found': 3,
    });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toMatchObject({
      'feature_flags.boolean': 'true',
      'feature_flags.off': 'false',
      'feature_flags.palette': '11',
      'feature_flags.number': 'true',
      'feature_flags.missing': 'false',
    });
  });

  it('counts every flag of allFlags', async () => {
    const flagsmith = await subject.start();
    observeFlagsmith(flagsmith);
    const all = (await flagsmith.getIdentityFlags('bob')).allFlags();
    expect(all).toHaveLength(ENVIRONMENT.feature_states.length);
    expect(await counted()).toEqual({
      'boolean true default': 1,
      'string 10 static': 1,
      'number true default': 1,
      'off false disabled': 1,
      'ruled true default': 1,
      'named false disabled': 1,
      'palette 12 targeting_match': 1,
    });
  });

  it('counts nothing where no flag is read', async () => {
    const flagsmith = await subject.start();
    observeFlagsmith(flagsmith);
    await flagsmith.getIdentityFlags('user-1');
    await flagsmith.getEnvironmentFlags();
    expect(await counted()).toEqual({});
  });

  it('gives flags as the client alone gives them', async () => {
    const flagsmith = await subject.start();
    const bare = await flagsmith.getIdentityFlags('user-1');
    observeFlagsmith(flagsmith);
    const flags = await flagsmith.getIdentityFlags('user-1');
    expect(flags).toStrictEqual(bare);
    expect(flags).toBeInstanceOf(Flags);
    expect(Object.keys(flags)).toEqual(Object.keys(bare));
    expect(structuredClone(flags.flags)).toEqual(structuredClone(bare.flags));
    await expect(flagsmith.getIdentityFlags('')).rejects.toThrow('`identifier`');
  });

  it('knows the environment of local evaluation', async () => {
    const flagsmith = online(ENVIRONMENT, { enableLocalEvaluation: true });
    observeFlagsmith(flagsmith);
    const flags = await flagsmith.getIdentityFlags('user-6');
    flags.getFeatureValue('palette');
    (await flagsmith.getIdentityFlags('ada@example.org')).isFeatureEnabled('named');
    expect(await counted()).toEqual({ 'palette 12 split': 1, 'named true targeting_match': 1 });
    expect(sdk.logs.getFinishedLogRecords()[0]?.attributes).toMatchObject({ 'feature_flag.set.id': '7' });
  });

  it.each([
    ['art', { 'string true targeting_match': 1, 'palette 12 targeting_match': 1 }],
    ['sea', { 'string 10 static': 1, 'palette control targeting_match': 1 }],
  ])('tells what everybody gets from what a segment gets: %s', async (plan, told) => {
    const flagsmith = await subject.start();
    observeFlagsmith(flagsmith);
    const flags = await flagsmith.getIdentityFlags('user-1', { plan });
    for (const key of ['string', 'palette']) flags.getFeatureValue(key);
    expect(await counted()).toEqual(told);
  });

  it.each([
    ['a document as the API sends it', ENVIRONMENT],
    ['a promise', Promise.resolve()],
    ['null', null],
  ])('counts without the environment where a handler of offline mode keeps it as %s', async (_what, kept) => {
    const { offlineHandler } = await subject.start();
    if (offlineHandler === undefined) throw new Error('expected the handler of the subject');
    const own = { environment: kept, getEnvironment: () => offlineHandler.getEnvironment() };
    const flagsmith = new Flagsmith({ offlineMode: true, offlineHandler: own, logger });
    observeFlagsmith(flagsmith);
    (await flagsmith.getIdentityFlags('user-6')).getFeatureValue('palette');
    expect(await counted()).toEqual({ 'palette true split': 1 });
    expect(dropCounts().get('fault')).toBeUndefined();
  });

  it('does not take the document of an offline handler for what the API evaluated', async () => {
    const { offlineHandler } = await subject.start();
    if (offlineHandler === undefined) throw new Error('expected the handler of the subject');
    const flagsmith = online({ flags: API_FLAGS }, { offlineHandler });
    observeFlagsmith(flagsmith);
    (await flagsmith.getIdentityFlags('user-1')).getFeatureValue('palette');
    expect(await counted()).toEqual({ 'palette true unknown': 1 });
  });

  it('tells what the API tells', async () => {
    const flagsmith = online({ flags: API_FLAGS });
    observeFlagsmith(flagsmith);
    const flags = await flagsmith.getIdentityFlags('user-1');
    for (const { feature } of API_FLAGS) flags.getFeatureValue(feature.name);
    flags.isFeatureEnabled('missing');
    expect(await counted()).toEqual({
      'boolean true unknown': 1,
      'palette true unknown': 1,
      'off false disabled': 1,
      'missing false error flag_not_found': 1,
    });
  });

  it('tells what the API tells of an environment', async () => {
    const flagsmith = online(API_FLAGS);
    observeFlagsmith(flagsmith);
    (await flagsmith.getEnvironmentFlags()).isFeatureEnabled('boolean');
    expect(await counted()).toEqual({ 'boolean true static': 1 });
  });

  it('tells a default flag from a client that failed', async () => {
    const defaultFlagHandler = (): DefaultFlag => new DefaultFlag('navy', true);
    const flagsmith = online({ flags: API_FLAGS }, { defaultFlagHandler });
    observeFlagsmith(flagsmith);
    (await flagsmith.getIdentityFlags('user-1')).isFeatureEnabled('missing');
    expect(await counted()).toEqual({ 'missing true error flag_not_found': 1 });
  });

  it('counts flags of a cache once, also where two clients share it', async () => {
    const kept = new Map<string, Flags>();
    const cache = {
      get: async (key: string) => kept.get(key),
      set: async (key: string, flags: Flags) => void kept.set(key, flags),
    };
    const flagsmith = online({ flags: API_FLAGS }, { cache });
    const detach = observeFlagsmith(flagsmith);
    const other = online({ flags: API_FLAGS }, { cache });
    observeFlagsmith(other);
    const flags = await flagsmith.getIdentityFlags('user-1');
    expect(await flagsmith.getIdentityFlags('user-1')).toBe(flags);
    flags.isFeatureEnabled('boolean');
    expect(await other.getIdentityFlags('user-1')).toBe(flags);
    flags.isFeatureEnabled('boolean');
    expect(await counted()).toEqual({ 'boolean true unknown': 2 });
    detach();
    flags.isFeatureEnabled('boolean');
    expect(await counted()).toEqual({ 'boolean true unknown': 3 });
    expect(await flagsmith.getIdentityFlags('user-1')).toBe(flags);
  });

  it('writes no more of flags that were given before it was detached, and is as it was', async () => {
    const flagsmith = await subject.start();
    const before = Object.getOwnPropertyNames(flagsmith);
    const detach = observeFlagsmith(flagsmith);
    const flags = await flagsmith.getIdentityFlags('user-1');
    detach();
    flags.isFeatureEnabled('boolean');
    expect(Object.getOwnPropertyNames(flagsmith)).toEqual(before);
    expect(await counted()).toEqual({});
  });

  it('takes what a cache gives that is no object of flags', async () => {
    const cache = { get: async () => ({ flags: {} }) as Flags, set: async () => {} };
    const flagsmith = online([], { cache });
    observeFlagsmith(flagsmith);
    const flags = await flagsmith.getEnvironmentFlags();
    expect(flags).toStrictEqual({ flags: {} });
    expect(Object.getPrototypeOf(flags)).toBe(Object.prototype);
    expect(dropCounts().get('fault')).toBeUndefined();
  });

  it('does not see what is no key, and takes a number for an identifier', async () => {
    const flagsmith = await subject.start();
    observeFlagsmith(flagsmith);
    await run('untyped', async () => {
      const flags = await flagsmith.getIdentityFlags(42 as never);
      expect(flags.isFeatureEnabled(undefined as never)).toBe(false);
      flags.isFeatureEnabled('boolean');
    });
    expect(await counted()).toEqual({ 'boolean true default': 1 });
    expect(await sdk.points('telltale.unit.operations')).toHaveLength(1);
  });

  it('takes a handler of default flags that gives none', async () => {
    const flagsmith = online({ flags: API_FLAGS }, { defaultFlagHandler: () => undefined as never });
    observeFlagsmith(flagsmith);
    const flags = await flagsmith.getIdentityFlags('user-1');
    expect(flags.getFlag('missing')).toBeUndefined();
    expect(await counted()).toEqual({});
    expect(dropCounts().get('fault')).toBeUndefined();
  });

  it('writes the value, or the state of a flag without one, where that is wanted', async () => {
    const flagsmith = await subject.start();
    observeFlagsmith(flagsmith, { values: true });
    const flags = await flagsmith.getIdentityFlags('user-1');
    flags.isFeatureEnabled('boolean');
    flags.getFeatureValue('number');
    const values = sdk.logs
      .getFinishedLogRecords()
      .map(({ attributes }) => attributes['feature_flag.result.value']);
    expect(values).toEqual([true, 20]);
  });
});

describeSdk(subject, entry);
