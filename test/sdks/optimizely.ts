import { type Client, createInstance, createStaticProjectConfigManager } from '@optimizely/optimizely-sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/optimizely.js');

interface Variation {
  readonly key: string;
  readonly isOff?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A rule that gives its variations to equal shares of `traffic`, in hundredths of a percent. */
const rule = (
  key: string,
  variations: readonly Variation[],
  more: object = {},
  traffic = 10_000,
): object => ({
  id: `id-${key}`,
  key,
  layerId: `layer-${key}`,
  status: 'Running',
  audienceIds: [],
  forcedVariations: {},
  trafficAllocation: variations.map((variation, index) => ({
    entityId: `${key}-${variation.key}`,
    endOfRange: ((index + 1) * traffic) / variations.length,
  })),
  variations: variations.map((variation) => ({
    id: `${key}-${variation.key}`,
    key: variation.key,
    featureEnabled: variation.isOff !== true,
    variables: Object.entries(variation.variables ?? {}).map(([id, value]) => ({ id, value })),
  })),
  ...more,
});

const ON = { key: 'on' };
const OFF = { key: 'off', isOff: true };
const BLUE = { key: 'blue' };
const GREEN = { key: 'green' };

const EXPERIMENTS: Readonly<Record<string, object>> = {
  split: rule('split-test', [BLUE, GREEN]),
  named: rule('named-test', [BLUE, GREEN], { forcedVariations: { 'ada@example.org': 'green' } }),
  control: rule('control-test', [OFF, BLUE]),
};

/** The delivery rules of each flag, the last of them for everyone else. */
const DELIVERIES: Readonly<Record<string, readonly object[]>> = {
  boolean: [rule('boolean-all', [ON])],
  string: [rule('string-all', [{ key: 'blue', variables: { color: 'navy' } }])],
  number: [rule('number-all', [{ key: 'large', variables: { size: '20' } }])],
  object: [rule('object-all', [{ key: 'compact', variables: { layout: '{"columns":2}' } }])],
  off: [rule('off-all', [OFF])],
  ruled: [rule('ruled-pro', [ON], { audienceIds: ['pro'] }), rule('ruled-all', [OFF])],
  half: [rule('half-share', [ON], {}, 5000), rule('half-all', [OFF])],
  few: [rule('few-pro', [ON], { audienceIds: ['pro'] }, 5000), rule('few-all', [OFF])],
  split: [rule('split-all', [OFF])],
  named: [rule('named-all', [OFF])],
  control: [rule('control-all', [OFF])],
};

const variable = (id: string, type: string, defaultValue: string, subType?: string): object => ({
  id,
  key: id,
  type,
  subType,
  defaultValue,
});

const VARIABLES: Readonly<Record<string, readonly object[]>> = {
  string: [variable('color', 'string', 'white')],
  number: [variable('size', 'integer', '10')],
  object: [variable('layout', 'string', '{"columns":1}', 'json')],
};

const DATAFILE = JSON.stringify({
  version: '4',
  projectId: 'shop',
  accountId: 'account',
  revision: '42',
  environmentKey: 'production',
  sdkKey: 'sdk-key',
  botFiltering: false,
  sendFlagDecisions: true,
  anonymizeIP: true,
  events: [],
  groups: [],
  audiences: [],
  typedAudiences: [
    {
      id: 'pro',
      name: 'pro',
      conditions: [
        'and',
        ['or', ['or', { name: 'plan', type: 'custom_attribute', match: 'exact', value: 'pro' }]],
      ],
    },
  ],
  attributes: [{ id: 'plan', key: 'plan' }],
  variables: [],
  experiments: [...Object.values(EXPERIMENTS), rule('lonely-test', [BLUE, GREEN])],
  rollouts: Object.entries(DELIVERIES).map(([key, experiments]) => ({ id: `rollout-${key}`, experiments })),
  featureFlags: Object.keys(DELIVERIES).map((key) => ({
    id: `flag-${key}`,
    key,
    rolloutId: `rollout-${key}`,
    experimentIds: key in EXPERIMENTS ? [`id-${key}-test`] : [],
    variables: VARIABLES[key] ?? [],
  })),
});

const create = (datafile: string): Client =>
  createInstance({ projectConfigManager: createStaticProjectConfigManager({ datafile }) });

const REVISION = { setId: 'shop', version: '42' } as const;
const EVERYONE = { reason: 'static', assignment: 'default', ...REVISION } as const;
const DRAWN = { reason: 'split', assignment: 'assigned', ...REVISION } as const;
const NAMED = { reason: 'targeting_match', assignment: 'override', ...REVISION } as const;
const NO_RULE = { reason: 'default', assignment: 'default', ...REVISION } as const;
const FAILED = { reason: 'error', assignment: 'error' } as const;

export const subject: SdkSubject<Client, Entry> = {
  title: 'Optimizely',
  packages: ['@optimizely/optimizely-sdk'],
  entry: 'telltale/optimizely',
  line: 'observeOptimizely(optimizely)',
  provider: 'Optimizely',
  offline: 'a datafile',
  start: async () => {
    const client = create(DATAFILE);
    await client.onReady();
    return client;
  },
  // Of a client that got no datafile, the promise is never settled.
  stop: (client) => void client.close(),
  attach: (client, { observeOptimizely }) => observeOptimizely(client),
  cases: {
    boolean: {
      evaluate: (client, userId) => client.isFeatureEnabled('boolean', userId),
      expected: { key: 'boolean', variant: 'true', ...EVERYONE },
    },
    string: {
      evaluate: (client, userId) => client.createUserContext(userId).decide('string'),
      expected: { key: 'string', variant: 'blue', ...EVERYONE },
    },
    number: {
      evaluate: (client, userId) => client.createUserContext(userId).decide('number'),
      expected: { key: 'number', variant: 'large', ...EVERYONE },
    },
    object: {
      evaluate: (client, userId) => client.getFeatureVariableJSON('object', 'layout', userId),
      expected: { key: 'object', variant: 'true', ...EVERYONE },
    },
    off: {
      evaluate: (client, userId) => client.createUserContext(userId).decide('off'),
      expected: { key: 'off', variant: 'false', reason: 'disabled', assignment: 'default', ...REVISION },
    },
    override: {
      evaluate: (client, userId) => client.createUserContext(userId).decide('named'),
      expected: { key: 'named', variant: 'green', ...NAMED },
    },
    missing: {
      evaluate: (client, userId) => client.createUserContext(userId).decide('missing'),
      expected: { key: 'missing', variant: 'false', ...FAILED, errorType: 'flag_not_found', ...REVISION },
    },
    wrongType: {
      evaluate: (client, userId) => client.getFeatureVariableInteger('string', 'color', userId),
      expected: { key: 'string', ...FAILED, errorType: 'type_mismatch', ...REVISION },
    },
    notReady: {
      start: async () => create(''),
      evaluate: (client, userId) => client.createUserContext(userId).decide('boolean'),
      expected: { key: 'boolean', variant: 'false', ...FAILED, errorType: 'provider_not_ready' },
    },
  },
  split: {
    evaluate: (client, userId) => client.createUserContext(userId).decide('split'),
    expected: {
      'user-1': { key: 'split', variant: 'blue', ...DRAWN },
      'user-3': { key: 'split', variant: 'green', ...DRAWN },
    },
  },
  more: {
    'a rule that matches': {
      evaluate: (client, userId) => client.createUserContext(userId, { plan: 'pro' }).decide('ruled'),
      expected: {
        key: 'ruled',
        variant: 'on',
        reason: 'targeting_match',
        assignment: 'assigned',
        ...REVISION,
      },
    },
    'no rule that matches': {
      evaluate: (client, userId) => client.createUserContext(userId).decide('ruled'),
      expected: { key: 'ruled', variant: 'false', ...NO_RULE },
    },
    'a share that the user is in': {
      evaluate: (client) => client.createUserContext('user-1').decide('half'),
      expected: { key: 'half', variant: 'on', ...DRAWN },
    },
    'a share that the user is not in': {
      evaluate: (client) => client.isFeatureEnabled('half', 'user-3'),
      expected: { key: 'half', variant: 'false', ...DRAWN },
    },
    'a share of an audience that the user is in': {
      evaluate: (client) => client.createUserContext('user-2', { plan: 'pro' }).decide('few'),
      expected: { key: 'few', variant: 'on', ...DRAWN },
    },
    'a share of an audience that the user is not in': {
      evaluate: (client) => client.createUserContext('user-1', { plan: 'pro' }).decide('few'),
      expected: { key: 'few', variant: 'false', ...NO_RULE },
    },
    'a decision that is waited for': {
      evaluate: (client, userId) => client.createUserContext(userId).decideAsync('number'),
      expected: { key: 'number', variant: 'large', ...EVERYONE },
    },
    'an experiment without a flag': {
      evaluate: (client) => client.activate('lonely-test', 'user-1'),
      expected: { key: 'lonely-test', variant: 'blue', ...DRAWN },
    },
    'a forced decision': {
      evaluate: (client, userId) => {
        const user = client.createUserContext(userId);
        user.setForcedDecision({ flagKey: 'split' }, { variationKey: 'blue' });
        return user.decide('split');
      },
      expected: { key: 'split', variant: 'blue', ...NAMED },
    },
  },
  without: {},
  notes: [
    'The variant is the key of the variation. `isFeatureEnabled` and the variables of a feature know it for experiments ' +
      'only, and else say `true`; where `decide` is asked in the same operation, its name stands.',
    'A flag that is off for the user has the variant `false`, whatever its variation is called.',
    'The key is that of the flag; of the experiment for `activate` and `getVariation`.',
    'The reason is read from the rules of the datafile. Who is left by a rule for a share of everyone was drawn by lot; ' +
      'where the rule has an audience, the SDK does not tell who was outside of it, and they count as `default`.',
    'A forced decision of a flag and a forced variation are overrides. A forced decision of one rule is told by ' +
      'nothing, and counts as the rule.',
    'An experiment is asked for the variation that is forced for the user; at the level `debug` the SDK logs that one more time.',
    'The version is the revision of the datafile, and the flag set is the project.',
    '`decideAll`, `decideForKeys` and `getEnabledFeatures` are an evaluation of every flag that they look at, also of ' +
      'those they leave out because they are off.',
    'What the SDK decides is taken from its notification `DECISION`: `clearAllNotificationListeners` takes the ' +
      'adapter out with all others, and it can be attached again once it was detached.',
  ],
};
