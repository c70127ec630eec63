import { Unleash } from 'unleash-client';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/unleash.js');
type Features = NonNullable<NonNullable<ConstructorParameters<typeof Unleash>[0]['bootstrap']>['data']>;

const flag = (name: string, more: object): Features[number] =>
  ({
    name,
    project: 'shop',
    enabled: true,
    strategies: [{ name: 'default', parameters: {} }],
    ...more,
  }) as Features[number];

const variant = (name: string, type: string, value: string): object => ({
  variants: [{ name, weight: 1000, payload: { type, value } }],
});

const rollout = {
  name: 'flexibleRollout',
  parameters: { rollout: '50', stickiness: 'userId', groupId: 'g' },
};

const FLAGS: Features = [
  flag('boolean', {}),
  flag('string', variant('blue', 'string', 'navy')),
  flag('number', variant('large', 'number', '20')),
  flag('object', variant('compact', 'json', '{"columns":2}')),
  flag('off', { enabled: false }),
  flag('full', { strategies: [{ ...rollout, parameters: { ...rollout.parameters, rollout: '100' } }] }),
  flag('split', {
    strategies: [
      {
        ...rollout,
        parameters: { ...rollout.parameters, rollout: '100' },
        variants: ['blue', 'green'].map((name) => ({ name, weight: 500, stickiness: 'default' })),
      },
    ],
  }),
  flag('named', { strategies: [{ name: 'userWithId', parameters: { userIds: 'bob, ada@example.org' } }] }),
  flag('ruled', {
    strategies: [
      {
        name: 'default',
        parameters: {},
        constraints: [{ contextName: 'plan', operator: 'IN', values: ['pro'], inverted: false }],
      },
    ],
  }),
];

const OPTIONS = {
  url: 'http://127.0.0.1:9/',
  appName: 'shop',
  disableMetrics: true,
  skipInstanceCountWarning: true,
};

/** It goes on without its server, and says so. */
function quiet(unleash: Unleash): Unleash {
  unleash.on('error', () => {});
  unleash.on('warn', () => {});
  return unleash;
}

export const subject: SdkSubject<Unleash, Entry> = {
  title: 'Unleash',
  packages: ['unleash-client'],
  entry: 'telltale/unleash',
  line: 'observeUnleash(unleash)',
  provider: 'Unleash',
  offline: 'bootstrap data',
  start: async () => {
    const storageProvider = { get: async () => undefined, set: async () => {} };
    const bootstrap = { data: FLAGS };
    const unleash = quiet(new Unleash({ ...OPTIONS, refreshInterval: 0, bootstrap, storageProvider }));
    if (unleash.getFeatureToggleDefinition('boolean') === undefined) {
      await new Promise((resolve) => unleash.once('ready', resolve));
    }
    return unleash;
  },
  stop: (unleash) => unleash.destroy(),
  attach: (unleash, { observeUnleash }) => observeUnleash(unleash),
  cases: {
    boolean: {
      evaluate: (unleash, userId) => unleash.isEnabled('boolean', { userId }),
      expected: { key: 'boolean', variant: 'true', reason: 'static', assignment: 'default', setId: 'shop' },
    },
    string: {
      evaluate: (unleash, userId) => unleash.getVariant('string', { userId }),
      expected: { key: 'string', variant: 'blue', reason: 'split', assignment: 'assigned', setId: 'shop' },
    },
    number: {
      evaluate: (unleash, userId) => unleash.getVariant('number', { userId }),
      expected: { key: 'number', variant: 'large', reason: 'split', assignment: 'assigned', setId: 'shop' },
    },
    object: {
      evaluate: (unleash, userId) => unleash.forceGetVariant('object', { userId }),
      expected: { key: 'object', variant: 'compact', reason: 'split', assignment: 'assigned', setId: 'shop' },
    },
    off: {
      evaluate: (unleash, userId) => unleash.getVariant('off', { userId }),
      expected: { key: 'off', variant: 'false', reason: 'disabled', assignment: 'default', setId: 'shop' },
    },
    override: {
      evaluate: (unleash, userId) => unleash.isEnabled('named', { userId }),
      expected: {
        key: 'named',
        variant: 'true',
        reason: 'targeting_match',
        assignment: 'override',
        setId: 'shop',
      },
    },
    missing: {
      evaluate: (unleash, userId) => unleash.isEnabled('missing', { userId }, true),
      expected: {
        key: 'missing',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      impossible: 'A flag of Unleash has no type: it is on or off, and its variants have payloads.',
    },
    notReady: {
      start: async () => quiet(new Unleash({ ...OPTIONS, disableAutoStart: true })),
      evaluate: (unleash, userId) => unleash.isEnabled('boolean', { userId }),
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
    evaluate: (unleash, userId) => unleash.getVariant('split', { userId }),
    expected: Object.fromEntries(
      [
        ['user-1', 'blue'],
        ['user-2', 'green'],
      ].map(([unit, variant]) => [
        unit,
        { key: 'split', variant, reason: 'split', assignment: 'assigned', setId: 'shop' },
      ]),
    ),
  },
  more: {
    'a rollout to everyone': {
      evaluate: (unleash, userId) => unleash.isEnabled('full', { userId }),
      expected: { key: 'full', variant: 'true', reason: 'static', assignment: 'default', setId: 'shop' },
    },
    'a rule that matches': {
      evaluate: (unleash, userId) => unleash.isEnabled('ruled', { userId, properties: { plan: 'pro' } }),
      expected: {
        key: 'ruled',
        variant: 'true',
        reason: 'targeting_match',
        assignment: 'assigned',
        setId: 'shop',
      },
    },
    'no rule that matches': {
      evaluate: (unleash, userId) => unleash.isEnabled('ruled', { userId }),
      expected: { key: 'ruled', variant: 'false', reason: 'default', assignment: 'default', setId: 'shop' },
    },
  },
  without: { version: "Unleash's client API has no version of a flag." },
  notes: [
    'The reason is read from the strategies of the flag, because Unleash does not tell which of them matched.',
    'Individual targeting is the strategy for user ids, a constraint on `userId` that is the only one of its strategy, or a variant that lists the user.',
    'The unit is `userId`, else `sessionId`.',
    '`isEnabled` of a flag with variants says `true`; where `getVariant` is asked in the same operation, its name stands.',
  ],
};
