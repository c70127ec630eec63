import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { basicLogger, integrations } from '@launchdarkly/node-server-sdk';
import { LaunchDarklyProvider } from '@launchdarkly/openfeature-node-server';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { FlagsmithOpenFeatureProvider } from '@openfeature/flagsmith-provider';
import { GrowthbookProvider } from '@openfeature/growthbook-provider';
import { type Client, OpenFeature, type Provider } from '@openfeature/server-sdk';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TelltaleHook } from '../../src/hooks/openfeature.js';
import { run } from '../../src/index.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

// What is written of evaluations by the real providers, each in a way of its own.

const ADA = { targetingKey: 'ada@example.org' };

const folder = mkdtempSync(join(tmpdir(), 'telltale-providers-'));
let sdk: Sdk;
let domains = 0;

beforeEach(() => {
  sdk = installSdk();
});
afterEach(() => OpenFeature.clearProviders());
afterAll(() => rmSync(folder, { recursive: true }));

async function clientOf(provider: Provider): Promise<Client> {
  domains += 1;
  const domain = `provider-${domains}`;
  await OpenFeature.setProviderAndWait(domain, provider);
  return OpenFeature.getClient(domain).addHooks(new TelltaleHook()) as Client;
}

/** A client whose provider never becomes ready, which it does not wait for. */
function waitingClientOf(provider: Provider): Client {
  domains += 1;
  const domain = `provider-${domains}`;
  OpenFeature.setProvider(
    domain,
    Object.assign(provider, { initialize: () => new Promise<void>(() => {}), onClose: async () => {} }),
  );
  return OpenFeature.getClient(domain).addHooks(new TelltaleHook()) as Client;
}

/** What one evaluation wrote: variant, reason and assignment, and of a failed one its error. */
async function written(evaluate: () => Promise<unknown>): Promise<unknown[]> {
  sdk.logs.reset();
  await run('job', evaluate);
  const [record, ...more] = sdk.logs.getFinishedLogRecords();
  expect(more).toEqual([]);
  const told = ['result.variant', 'result.reason'].map((name) => record?.attributes[`feature_flag.${name}`]);
  const durations = await sdk.points('telltale.operation.duration');
  const key = record?.attributes['feature_flag.key'];
  const { attributes } =
    durations.findLast(
      ({ attributes: one }) =>
        one['feature_flag.key'] === key && one['feature_flag.result.variant'] === told[0],
    ) ?? {};
  const error = record?.attributes['error.type'];
  return [...told, attributes?.['telltale.assignment'], ...(error === undefined ? [] : [error])];
}

function nameOfProvider(): unknown {
  return sdk.logs.getFinishedLogRecords()[0]?.attributes['feature_flag.provider.name'];
}

describe("LaunchDarkly's provider", () => {
  function provider(): LaunchDarklyProvider {
    const data = new integrations.TestData();
    void data.update(data.flag('boolean').variationForAll(false));
    void data.update(data.flag('string').variations('v1', 'v2').fallthroughVariation(1));
    void data.update(data.flag('off').on(false));
    void data.update(
      data.flag('rule').fallthroughVariation(false).ifMatch('user', 'plan', 'pro').thenReturn(true),
    );
    void data.update(data.flag('named').fallthroughVariation(false).variationForUser(ADA.targetingKey, true));
    return new LaunchDarklyProvider('sdk-key', {
      updateProcessor: data.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: basicLogger({ level: 'none' }),
    });
  }

  it("gives the variation's index, and LaunchDarkly's own reasons", async () => {
    const client = await clientOf(provider());
    const boolean = (key: string, more: object = {}) =>
      written(() => client.getBooleanValue(key, false, { ...ADA, ...more }));
    expect(await boolean('boolean')).toEqual(['1', 'fallthrough', 'assigned']);
    expect(nameOfProvider()).toBe('launchdarkly-node-provider');
    expect(await boolean('off')).toEqual(['1', 'off', 'default']);
    expect(await boolean('rule', { plan: 'pro' })).toEqual(['0', 'rule_match', 'assigned']);
    expect(await boolean('named')).toEqual(['0', 'target_match', 'override']);
    const string = () => client.getStringValue('string', '', ADA);
    expect(await written(string)).toEqual(['1', 'fallthrough', 'assigned']);
    const units = await sdk.points('telltale.unit.operations');
    expect(units.map(({ attributes }) => attributes['feature_flag.key'])).toContain('boolean');
  });

  it('tells what failed', async () => {
    const client = await clientOf(provider());
    expect(await written(() => client.getBooleanValue('missing', true, ADA))).toEqual([
      'true',
      'error',
      'error',
      'flag_not_found',
    ]);
    expect(await written(() => client.getNumberValue('string', 7, ADA))).toEqual([
      undefined,
      'error',
      'error',
      'type_mismatch',
    ]);
    expect(await written(() => client.getBooleanValue('boolean', true))).toEqual([
      'true',
      'error',
      'error',
      'targeting_key_missing',
    ]);
    expect(await written(() => waitingClientOf(provider()).getBooleanValue('boolean', true, ADA))).toEqual([
      'true',
      'error',
      'error',
      'provider_not_ready',
    ]);
  });
});

describe("GrowthBook's provider", () => {
  const features = {
    plain: { defaultValue: true },
    text: { defaultValue: 'navy' },
    forced: { defaultValue: 'navy', rules: [{ condition: { plan: 'pro' }, force: 'lime' }] },
    tried: {
      defaultValue: 'navy',
      rules: [
        {
          key: 'colours',
          hashAttribute: 'targetingKey',
          variations: ['navy', 'lime'],
          weights: [0, 1],
          meta: [{ key: 'control' }, { key: 'treatment' }],
        },
      ],
    },
    blocked: {
      defaultValue: true,
      rules: [{ parentConditions: [{ id: 'plain', condition: { value: false }, gate: true }] }],
    },
  };
  const provider = () => new GrowthbookProvider({}, { payload: { features } });

  it('gives a variant in experiments alone, and its own words for reasons', async () => {
    const client = await clientOf(provider());
    const string = (key: string, more: object = {}) =>
      written(() => client.getStringValue(key, '', { ...ADA, ...more }));
    expect(await string('tried')).toEqual(['treatment', 'experiment', 'assigned']);
    expect(nameOfProvider()).toBe('GrowthbookProvider');
    expect(await string('text')).toEqual([undefined, 'defaultvalue', 'default']);
    expect(await string('forced', { plan: 'pro' })).toEqual([undefined, 'force', 'assigned']);
    const boolean = (key: string) => written(() => client.getBooleanValue(key, false, ADA));
    expect(await boolean('plain')).toEqual(['true', 'defaultvalue', 'default']);
    expect(await boolean('blocked')).toEqual(['false', 'prerequisite', 'default']);
  });

  it('takes a forced value for an override', async () => {
    const forcedFeatureValues = new Map([['plain', false]]);
    const client = await clientOf(new GrowthbookProvider({ forcedFeatureValues }, { payload: { features } }));
    expect(await written(() => client.getBooleanValue('plain', true, ADA))).toEqual([
      'false',
      'override',
      'override',
    ]);
  });

  it('tells what failed', async () => {
    const client = await clientOf(provider());
    expect(await written(() => client.getBooleanValue('missing', true, ADA))).toEqual([
      'true',
      'error',
      'error',
      'flag_not_found',
    ]);
    expect(await written(() => client.getNumberValue('text', 7, ADA))).toEqual([
      undefined,
      'error',
      'error',
      'type_mismatch',
    ]);
    expect(await written(() => waitingClientOf(provider()).getBooleanValue('plain', true, ADA))).toEqual([
      'true',
      'error',
      'error',
      'provider_not_ready',
    ]);
  });
});

describe("Flagsmith's provider", () => {
  const state = (id: number, name: string, enabled: boolean, value: unknown): object => ({
    id,
    enabled,
    feature: { id, name, type: 'STANDARD' },
    feature_state_value: value,
    featurestate_uuid: `40eb539d-3713-4720-bbd4-829dbef10d5${id}`,
    multivariate_feature_state_values: [],
    feature_segment: null,
  });
  const ENVIRONMENT = {
    id: 1,
    api_key: 'key',
    project: {
      id: 1,
      name: 'shop',
      organisation: {
        id: 1,
        name: 'shop',
        feature_analytics: false,
        persist_trait_data: false,
        stop_serving_flags: false,
      },
      hide_disabled_flags: false,
      segments: [],
    },
    segment_overrides: [],
    feature_states: [
      state(1, 'boolean', true, null),
      state(2, 'text', true, 'navy'),
      state(3, 'off', false, 'navy'),
    ],
  };

  /** With the Flagsmith SDK that the provider brings with it. */
  function provider(): FlagsmithOpenFeatureProvider {
    const require = createRequire(import.meta.resolve('@openfeature/flagsmith-provider'));
    const { Flagsmith, LocalFileHandler } = require('flagsmith-nodejs');
    const file = join(folder, 'flagsmith.json');
    writeFileSync(file, JSON.stringify(ENVIRONMENT));
    const client = new Flagsmith({ offlineMode: true, offlineHandler: new LocalFileHandler(file) });
    return new FlagsmithOpenFeatureProvider(client);
  }

  it('gives no variant, and one reason for all that is on', async () => {
    const client = await clientOf(provider());
    const boolean = (key: string) => written(() => client.getBooleanValue(key, false, ADA));
    expect(await boolean('boolean')).toEqual(['true', 'targeting_match', 'assigned']);
    expect(nameOfProvider()).toBe('flagsmith-provider');
    expect(await boolean('off')).toEqual(['false', 'disabled', 'default']);
    const string = (key: string) => written(() => client.getStringValue(key, '', ADA));
    expect(await string('text')).toEqual([undefined, 'targeting_match', 'assigned']);
    expect(await string('off')).toEqual([undefined, 'error', 'error', 'general']);
  });

  it('tells what failed', async () => {
    const client = await clientOf(provider());
    expect(await written(() => client.getNumberValue('text', 7, ADA))).toEqual([
      undefined,
      'error',
      'error',
      'type_mismatch',
    ]);
    expect(await written(() => client.getBooleanValue('missing', true, ADA))).toEqual([
      'true',
      'error',
      'error',
      'flag_not_found',
    ]);
    expect(await written(() => waitingClientOf(provider()).getBooleanValue('boolean', true, ADA))).toEqual([
      'true',
      'error',
      'error',
      'provider_not_ready',
    ]);
  });
});

describe("flagd's provider, in the process", () => {
  const FLAGS = {
    metadata: { flagSetId: 'shop', version: '7' },
    flags: {
      plain: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
      off: { state: 'DISABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
      split: {
        state: 'ENABLED',
        variants: { blue: 'navy', green: 'lime' },
        defaultVariant: 'blue',
        targeting: {
          fractional: [
            ['blue', 0],
            ['green', 100],
          ],
        },
      },
    },
  };

  it('gives everything that there is', async () => {
    const offlineFlagSourcePath = join(folder, 'flagd.json');
    writeFileSync(offlineFlagSourcePath, JSON.stringify(FLAGS));
    const provider = new FlagdProvider({ resolverType: 'in-process', offlineFlagSourcePath });
    const client = await clientOf(provider);
    expect(await written(() => client.getBooleanValue('plain', false, ADA))).toEqual([
      'on',
      'static',
      'default',
    ]);
    expect(sdk.logs.getFinishedLogRecords()[0]?.attributes).toMatchObject({
      'feature_flag.provider.name': 'flagd',
      'feature_flag.set.id': 'shop',
      'feature_flag.version': '7',
    });
    expect(await written(() => client.getStringValue('split', '', ADA))).toEqual([
      'green',
      'targeting_match',
      'assigned',
    ]);
    const missing = ['true', 'error', 'error', 'flag_not_found'];
    expect(await written(() => client.getBooleanValue('missing', true, ADA))).toEqual(missing);
    expect(await written(() => client.getNumberValue('plain', 7, ADA))).toEqual([
      undefined,
      'error',
      'error',
      'type_mismatch',
    ]);
    await OpenFeature.close();
  });
});
