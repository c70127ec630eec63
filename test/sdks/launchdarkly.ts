import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  basicLogger,
  init,
  integrations,
  type LDClient,
  type LDOptions,
} from '@launchdarkly/node-server-sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/launchdarkly.js');

/** A flag file as LaunchDarkly's servers deliver it. */
export const FLAG_FILE: URL = new URL('../fixtures/launchdarkly-flags.json', import.meta.url);

const OPTIONS: LDOptions = {
  sendEvents: false,
  diagnosticOptOut: true,
  logger: basicLogger({ level: 'none' }),
};

/** A client that is ready, and speaks to nobody. */
async function clientOf(updateProcessor: NonNullable<LDOptions['updateProcessor']>): Promise<LDClient> {
  const client = init('sdk-key', { ...OPTIONS, updateProcessor });
  await client.waitForInitialization({ timeout: 5 });
  return client;
}

function testData(): integrations.TestData {
  const { flags } = JSON.parse(readFileSync(FLAG_FILE, 'utf8'));
  const data = new integrations.TestData();
  for (const flag of Object.values(flags)) void data.usePreconfiguredFlag(flag);
  return data;
}

/** The same flags, as `FileDataSource` reads them. */
export function startFromFile(): Promise<LDClient> {
  return clientOf(new integrations.FileDataSourceFactory({ paths: [fileURLToPath(FLAG_FILE)] }).getFactory());
}

const user = (key: string): { kind: 'user'; key: string } => ({ kind: 'user', key });

export const subject: SdkSubject<LDClient, Entry> = {
  title: 'LaunchDarkly',
  packages: ['@launchdarkly/node-server-sdk'],
  entry: 'telltale/launchdarkly',
  line: 'observeLaunchDarkly(client)',
  provider: 'LaunchDarkly',
  offline: 'TestData and FileDataSource',
  start: () => clientOf(testData().getFactory()),
  stop: (client) => client.close(),
  attach: (client, { observeLaunchDarkly }) =>
    observeLaunchDarkly(client, { variations: { experiment: ['control', 'treatment'] } }),
  addEmptyHook: (client) => {
    client.addHook?.({ getMetadata: () => ({ name: 'empty' }), afterEvaluation: (_series, data) => data });
  },
  cases: {
    boolean: {
      evaluate: (client, key) => client.variation('boolean', user(key), false),
      expected: { key: 'boolean', variant: '0', reason: 'default', assignment: 'assigned' },
    },
    string: {
      evaluate: (client, key) => client.stringVariation('string', user(key), 'none'),
      expected: { key: 'string', variant: '1', reason: 'default', assignment: 'assigned' },
    },
    number: {
      evaluate: (client, key) => client.numberVariationDetail('number', user(key), 0),
      expected: { key: 'number', variant: '1', reason: 'default', assignment: 'assigned' },
    },
    object: {
      evaluate: (client, key) => client.jsonVariation('object', user(key), {}),
      expected: { key: 'object', variant: '1', reason: 'default', assignment: 'assigned' },
    },
    off: {
      evaluate: (client, key) => client.boolVariation('off', user(key), true),
      expected: { key: 'off', variant: '1', reason: 'disabled', assignment: 'default' },
    },
    override: {
      evaluate: (client, key) => client.boolVariationDetail('targeted', user(key), false),
      expected: { key: 'targeted', variant: '0', reason: 'targeting_match', assignment: 'override' },
    },
    missing: {
      evaluate: (client, key) => client.variation('missing', user(key), true),
      expected: {
        key: 'missing',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      evaluate: (client, key) => client.boolVariation('string', user(key), false),
      expected: {
        key: 'string',
        variant: 'false',
        reason: 'error',
        assignment: 'error',
        errorType: 'type_mismatch',
      },
    },
    notReady: {
      start: async () => {
        const updateProcessor = { start: () => {}, stop: () => {}, close: () => {} };
        return init('sdk-key', { ...OPTIONS, updateProcessor });
      },
      evaluate: (client, key) => client.boolVariation('boolean', user(key), false),
      expected: {
        key: 'boolean',
        variant: 'false',
        reason: 'error',
        assignment: 'error',
        errorType: 'provider_not_ready',
      },
    },
  },
  split: {
    evaluate: (client, key) => client.stringVariation('rollout', user(key), 'none'),
    expected: Object.fromEntries(
      [
        ['user-1', '0'],
        ['user-6', '1'],
      ].map(([unit, variant]) => [
        unit,
        { key: 'rollout', variant, reason: 'default', assignment: 'assigned' },
      ]),
    ),
  },
  more: {
    'a rule that matches': {
      evaluate: (client, key) => client.variationDetail('ruled', { ...user(key), plan: 'pro' }, 'none'),
      expected: { key: 'ruled', variant: '1', reason: 'targeting_match', assignment: 'assigned' },
    },
    'no rule that matches': {
      evaluate: (client, key) => client.stringVariationDetail('ruled', user(key), 'none'),
      expected: { key: 'ruled', variant: '0', reason: 'default', assignment: 'assigned' },
    },
    'an experiment, whose variations have names': {
      evaluate: (client, key) => client.stringVariation('experiment', user(key), 'none'),
      expected: { key: 'experiment', variant: 'treatment', reason: 'split', assignment: 'assigned' },
    },
    'a prerequisite that is off': {
      evaluate: (client, key) => client.variation('dependent', user(key), true),
      expected: { key: 'dependent', variant: '1', reason: 'disabled', assignment: 'default' },
    },
    'a prerequisite that is fulfilled': {
      evaluate: (client, key) => client.jsonVariationDetail('fulfilled', user(key), null),
      expected: { key: 'fulfilled', variant: '0', reason: 'default', assignment: 'assigned' },
    },
    'a data source that tells the environment': {
      start: () =>
        clientOf((_context, updates, ready) => ({
          start: () => updates.init({ features: {}, segments: {} }, ready, { environmentId: 'env-1' }),
          stop: () => {},
          close: () => {},
        })),
      evaluate: (client, key) => client.variation('missing', user(key), true),
      expected: {
        key: 'missing',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
        setId: 'env-1',
      },
    },
    'a flag read of all flags': {
      evaluate: async (client, key) => {
        const state = await client.allFlagsState(user(key), { withReasons: true });
        return state.getFlagValue('targeted');
      },
      expected: {
        key: 'targeted',
        variant: '0',
        reason: 'targeting_match',
        assignment: 'override',
        version: '4',
      },
    },
    'a flag read of all flags without reasons': {
      evaluate: async (client, key) => {
        const state = await client.allFlagsState(user(key), { detailsOnlyForTrackedFlags: true });
        return state.getFlagValue('string');
      },
      expected: { key: 'string', variant: '1', reason: 'unknown', assignment: 'assigned' },
    },
    'a flag missing among all flags': {
      evaluate: async (client, key) => (await client.allFlagsState(user(key))).getFlagValue('missing'),
      expected: { key: 'missing', reason: 'error', assignment: 'error', errorType: 'flag_not_found' },
    },
  },
  without: {},
  notes: [
    "The variant is the variation's index, or its name where the option `variations` tells it: the SDK's flag data has no names.",
    'Of `allFlagsState()`, `getFlagValue()` is an evaluation of one flag, and `allValues()` of each flag, up to as many as a span holds; `toJSON()`, which bootstraps a browser, is none.',
    'The reason of a flag that is read of `allFlagsState()` is `unknown`, and its unit counts as assigned, unless its option `withReasons` is on or the flag is in an experiment.',
    'A version comes with flags that are read of `allFlagsState()` only: hooks are told none.',
    'The flag set is the id of the environment, where the data source tells it; offline ones do not, and `allFlagsState()` never does.',
    'A rollout by percentage has the reason `default` or `targeting_match`, because the SDK tells of a split in experiments only.',
    'The unit is the canonical key of the context.',
  ],
};
