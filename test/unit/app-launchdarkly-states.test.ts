import {
  integrations,
  type LDClient,
  type LDContext,
  type LDFlagsState,
  type LDOptions,
} from '@launchdarkly/node-server-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import { runInScope, Scope } from '../../src/core/scope.js';
import { observeLaunchDarkly, TelltaleHook } from '../../src/hooks/launchdarkly.js';
import { createClient, readyClient } from '../support/app-launchdarkly.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

const ADA: LDContext = { kind: 'user', key: 'ada@example.org' };

let sdk: Sdk;
const clients: LDClient[] = [];
beforeEach(() => {
  sdk = installSdk();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function kept(client: LDClient): LDClient {
  clients.push(client);
  return client;
}

async function observed(): Promise<LDClient> {
  const client = kept(await readyClient());
  observeLaunchDarkly(client);
  return client;
}

/** A client with that many flags, all on. */
async function clientOf(count: number): Promise<LDClient> {
  const data = new integrations.TestData();
  for (let number = 0; number < count; number += 1) void data.update(data.flag(`flag-${number}`));
  const client = kept(createClient(data, []));
  await client.waitForInitialization({ timeout: 5 });
  return client;
}

const records = (): Record<string, unknown>[] =>
  sdk.logs.getFinishedLogRecords().map(({ attributes }) => ({ ...attributes }));
const keys = (): unknown[] => records().map((attributes) => attributes['feature_flag.key']);

describe('a state of all flags', () => {
  it('is no evaluation of any as long as nothing is read of it', async () => {
    const client = await observed();
    const state = await client.allFlagsState(ADA);
    const bootstrap = JSON.parse(JSON.stringify(state));
    expect(bootstrap).toMatchObject({ target: true, $flagsState: { target: { variation: 0, version: 1 } } });
    expect(state.getFlagReason('target')).toBeNull();
    expect(state.valid).toBe(true);
    expect(records()).toEqual([]);
  });

  it('is one of each flag that is read, each time', async () => {
    const client = await observed();
    const state = await client.allFlagsState(ADA, { withReasons: true });
    expect(state.getFlagValue('target')).toBe(true);
    expect(state.getFlagValue('string')).toBe('v2');
    expect(state.getFlagValue('string')).toBe('v2');
    expect(records()).toEqual([
      {
        'feature_flag.key': 'target',
        'feature_flag.result.variant': '0',
        'feature_flag.result.reason': 'targeting_match',
        'feature_flag.provider.name': 'LaunchDarkly',
        'feature_flag.version': '1',
      },
      ...Array(2).fill({
        'feature_flag.key': 'string',
        'feature_flag.result.variant': '1',
        'feature_flag.result.reason': 'default',
        'feature_flag.provider.name': 'LaunchDarkly',
        'feature_flag.version': '1',
      }),
    ]);
  });

  it('counts for the operation that reads it, and for the unit it was made for', async () => {
    const client = await observed();
    const context = { kind: 'user', key: 'ada@example.org' };
    const making = new Scope(undefined, undefined);
    const state = await runInScope(making, () => client.allFlagsState(context, { withReasons: true }));
    context.key = 'somebody else';
    const reading = new Scope(undefined, undefined);
    runInScope(reading, () => state.getFlagValue('target'));
    expect(making.flags.size).toBe(0);
    expect(reading.flags.get('target')).toMatchObject({
      variant: { name: '0' },
      assignment: 'override',
      version: '1',
    });
    expect(reading.unit?.targetingKey).toBe('ada@example.org');
  });

  it('tells a variation as it is told where it is asked for alone', async () => {
    const client = await observed();
    const state = await client.allFlagsState(ADA, { withReasons: true });
    const flags = ['boolean', 'string', 'json', 'off', 'rule', 'target', 'experiment', 'prerequisite'];
    for (const key of flags) {
      await client.variation(key, ADA, 'none');
      state.getFlagValue(key);
    }
    const told = records().map(({ 'feature_flag.version': _version, ...rest }) => rest);
    expect(told).toHaveLength(2 * flags.length);
    for (const [index] of flags.entries()) expect(told[2 * index]).toEqual(told[2 * index + 1]);
  });

  it('has the names of variations', async () => {
    const client = kept(await readyClient());
    observeLaunchDarkly(client, { variations: { string: ['control', 'treatment'] } });
    (await client.allFlagsState(ADA)).getFlagValue('string');
    expect(records()[0]?.['feature_flag.result.variant']).toBe('treatment');
  });

  it('reaches a callback as observed as the promise', async () => {
    const client = await observed();
    let called: LDFlagsState | null = null;
    const state = await client.allFlagsState(ADA, {}, (error, given) => {
      expect(error).toBeNull();
      called = given;
      given?.getFlagValue('target');
    });
    expect(called).toBe(state);
    state.getFlagValue('string');
    expect(keys()).toEqual(['target', 'string']);
  });

  it.each([
    ['of a flag that there is not', 'flag_not_found', {}, ADA],
    ['of no valid context', 'invalid_context', {}, { kind: 'user', key: '' }],
    ['offline', 'provider_not_ready', { offline: true }, ADA],
    [
      'before the client is ready',
      'provider_not_ready',
      { updateProcessor: { start() {}, stop() {}, close() {} } },
      ADA,
    ],
  ] satisfies [string, string, LDOptions, LDContext][])(
    '%s says that there is none',
    async (_what, errorType, options, context) => {
      const client = kept(createClient(new integrations.TestData(), [], options));
      observeLaunchDarkly(client);
      if (Object.keys(options).length === 0) await client.waitForInitialization({ timeout: 5 });
      const state = await client.allFlagsState(context);
      expect(state.getFlagValue('missing')).toBeUndefined();
      expect(records()).toMatchObject([{ 'feature_flag.result.reason': 'error', 'error.type': errorType }]);
    },
  );

  it('is left alone where a key is no text', async () => {
    const client = await observed();
    const faults = dropCounts().get('fault');
    const state = await client.allFlagsState(ADA);
    for (const key of [undefined, null, {}]) expect(state.getFlagValue(key as never)).toBeUndefined();
    expect(records()).toEqual([]);
    expect(dropCounts().get('fault')).toBe(faults);
  });

  it('is what the SDK alone gives', async () => {
    const bare = await kept(await readyClient()).allFlagsState(ADA, { withReasons: true });
    const state = await (await observed()).allFlagsState(ADA, { withReasons: true });
    expect(Object.keys(state)).toEqual(Object.keys(bare));
    expect(state.allValues()).toStrictEqual(bare.allValues());
    expect(state.allValues()).toBe(state.allValues());
    expect(state.toJSON()).toStrictEqual(bare.toJSON());
    expect(state.getFlagReason('rule')).toStrictEqual(bare.getFlagReason('rule'));
  });
});

describe('the values of all flags', () => {
  it('are an evaluation of each', async () => {
    const client = await clientOf(64);
    observeLaunchDarkly(client);
    const scope = new Scope(undefined, undefined);
    const state = await client.allFlagsState(ADA);
    const values = runInScope(scope, () => state.allValues());
    expect(Object.keys(values)).toHaveLength(64);
    expect([...scope.flags.keys()]).toEqual(Object.keys(values));
    expect(new Set(keys()).size).toBe(64);
  });

  it('are none where they are more than a span holds, but what is read by its key is', async () => {
    const client = await clientOf(65);
    observeLaunchDarkly(client);
    const drops = dropCounts().get('span_flags') ?? 0;
    const state = await client.allFlagsState(ADA);
    expect(Object.keys(state.allValues())).toHaveLength(65);
    expect(records()).toEqual([]);
    expect(dropCounts().get('span_flags')).toBe(drops + 1);
    state.getFlagValue('flag-64');
    expect(keys()).toEqual(['flag-64']);
  });
});

describe('a client with several of ours', () => {
  it('writes once, with what was told last', async () => {
    const hook = new TelltaleHook({ variations: { string: ['first', 'one'] } });
    const client = kept(await readyClient(hook));
    const detach = observeLaunchDarkly(client, { variations: { string: ['second', 'two'] } });
    await client.variation('string', ADA, 'none');
    (await client.allFlagsState(ADA)).getFlagValue('string');
    detach();
    await client.variation('string', ADA, 'none');
    (await client.allFlagsState(ADA)).getFlagValue('string');
    expect(records().map((attributes) => attributes['feature_flag.result.variant'])).toEqual([
      'two',
      'two',
      'one',
    ]);
  });

  it('gets one hook however often it is attached', async () => {
    const client = kept(await readyClient());
    const { addHook } = client;
    let hooks = 0;
    client.addHook = (hook) => {
      hooks += 1;
      addHook?.call(client, hook);
    };
    for (let times = 0; times < 3; times += 1) observeLaunchDarkly(client)();
    observeLaunchDarkly(client);
    await client.variation('string', ADA, 'none');
    expect(hooks).toBe(1);
    expect(records()).toHaveLength(1);
  });

  it('has the method of the SDK back once detached, and states fetched before are silent', async () => {
    const client = kept(await readyClient());
    const { allFlagsState } = client;
    const detach = observeLaunchDarkly(client);
    const state = await client.allFlagsState(ADA);
    expect(client.allFlagsState).not.toBe(allFlagsState);
    detach();
    expect(client.allFlagsState).toBe(allFlagsState);
    expect(Object.hasOwn(client, 'allFlagsState')).toBe(false);
    expect(state.getFlagValue('string')).toBe('v2');
    expect(records()).toEqual([]);
  });
});
