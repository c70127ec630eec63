import { ConfigurationObjectFeatureFlagProvider, FeatureManager } from '@microsoft/feature-management';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/feature-management.js');

/** An application's place for its manager: an observed one takes the place of the bare. */
export interface Application {
  readonly provider: ConfigurationObjectFeatureFlagProvider;
  manager: FeatureManager;
}

const targeting = (audience: object): object => ({
  conditions: {
    client_filters: [{ name: 'Microsoft.Targeting', parameters: { Audience: audience } }],
  },
});

const variants = (...named: (readonly [string, unknown])[]): object[] =>
  named.map(([name, value]) => ({ name, configuration_value: value }));

const halves = {
  seed: 'seed',
  percentile: [
    { variant: 'blue', from: 0, to: 50 },
    { variant: 'green', from: 50, to: 100 },
  ],
};

const FLAGS = [
  { id: 'boolean', enabled: true },
  {
    id: 'string',
    enabled: true,
    variants: variants(['blue', 'navy'], ['green', 'lime']),
    allocation: { default_when_enabled: 'blue' },
    // As Azure App Configuration has it.
    telemetry: { enabled: true, metadata: { ETag: 'etag-1' } },
  },
  {
    id: 'number',
    enabled: true,
    variants: variants(['large', 20]),
    allocation: { default_when_enabled: 'large' },
  },
  {
    id: 'whole',
    enabled: true,
    variants: variants(['large', 20]),
    allocation: { percentile: [{ variant: 'large', from: 0, to: 100 }] },
  },
  {
    id: 'object',
    enabled: true,
    variants: variants(['compact', { columns: 2 }]),
    allocation: { group: [{ variant: 'compact', groups: ['staff'] }] },
  },
  {
    id: 'off',
    enabled: false,
    variants: variants(['plain', 'old']),
    allocation: { default_when_disabled: 'plain' },
  },
  {
    id: 'split',
    enabled: true,
    variants: variants(['blue', 'navy'], ['green', 'lime']),
    allocation: halves,
  },
  {
    id: 'named',
    enabled: true,
    variants: [{ name: 'plain', status_override: 'Disabled' }],
    allocation: { user: [{ variant: 'plain', users: ['ada@example.org'] }], ...halves },
  },
  {
    id: 'listed',
    enabled: true,
    ...targeting({ Users: ['ada@example.org'], DefaultRolloutPercentage: 0 }),
  },
  { id: 'rollout', enabled: true, ...targeting({ DefaultRolloutPercentage: 50 }) },
  { id: 'full', enabled: true, ...targeting({ DefaultRolloutPercentage: 100 }) },
  {
    id: 'staff',
    enabled: true,
    ...targeting({ Groups: [{ Name: 'staff', RolloutPercentage: 100 }], DefaultRolloutPercentage: 0 }),
  },
  { id: 'wrong', enabled: true, ...targeting({ DefaultRolloutPercentage: 300 }) },
  {
    id: 'ended',
    enabled: true,
    conditions: {
      client_filters: [
        { name: 'Microsoft.TimeWindow', parameters: { End: 'Wed, 01 Jan 2020 00:00:00 GMT' } },
      ],
    },
  },
];

export const subject: SdkSubject<Application, Entry> = {
  title: 'Microsoft FeatureManagement',
  packages: ['@microsoft/feature-management'],
  entry: 'telltale/feature-management',
  line: 'const manager = observeFeatureManager(FeatureManager, provider, options)',
  provider: 'Microsoft FeatureManagement',
  offline: 'a configuration object',
  start: async () => {
    const provider = new ConfigurationObjectFeatureFlagProvider({
      feature_management: { feature_flags: FLAGS },
    });
    return { provider, manager: new FeatureManager(provider) };
  },
  stop: () => {},
  attach: (application, { observeFeatureManager }) => {
    application.manager = observeFeatureManager(FeatureManager, application.provider);
    return {
      impossible: 'A manager takes its callback when it is made, and keeps it.',
    };
  },
  cases: {
    boolean: {
      evaluate: ({ manager }, userId) => manager.isEnabled('boolean', { userId }),
      expected: { key: 'boolean', variant: 'true', reason: 'static', assignment: 'default' },
    },
    string: {
      evaluate: ({ manager }, userId) => manager.getVariant('string', { userId }),
      expected: {
        key: 'string',
        variant: 'blue',
        reason: 'static',
        assignment: 'default',
        version: 'etag-1',
      },
    },
    number: {
      evaluate: ({ manager }, userId) => manager.getVariant('number', { userId }),
      expected: { key: 'number', variant: 'large', reason: 'static', assignment: 'default' },
    },
    object: {
      evaluate: ({ manager }, userId) => manager.getVariant('object', { userId, groups: ['staff'] }),
      expected: { key: 'object', variant: 'compact', reason: 'targeting_match', assignment: 'assigned' },
    },
    off: {
      evaluate: ({ manager }, userId) => manager.getVariant('off', { userId }),
      expected: { key: 'off', variant: 'plain', reason: 'disabled', assignment: 'default' },
    },
    override: {
      evaluate: ({ manager }, userId) => manager.isEnabled('named', { userId }),
      expected: { key: 'named', variant: 'plain', reason: 'targeting_match', assignment: 'override' },
    },
    missing: {
      evaluate: ({ manager }, userId) => manager.isEnabled('missing', { userId }),
      expected: {
        key: 'missing',
        variant: 'false',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      impossible:
        'A flag is asked for without a type: it is on or off, and its variant has any configuration.',
    },
    notReady: {
      impossible: 'A manager has nothing to wait for: it asks its provider for the flag at each evaluation.',
    },
  },
  split: {
    evaluate: ({ manager }, userId) => manager.getVariant('split', { userId }),
    expected: Object.fromEntries(
      [
        ['user-1', 'green'],
        ['user-3', 'blue'],
      ].map(([unit, variant]) => [unit, { key: 'split', variant, reason: 'split', assignment: 'assigned' }]),
    ),
  },
  more: {
    'a user whom the targeting filter lists': {
      evaluate: ({ manager }, userId) => manager.isEnabled('listed', { userId }),
      expected: { key: 'listed', variant: 'true', reason: 'targeting_match', assignment: 'override' },
    },
    'a share by the targeting filter': {
      evaluate: ({ manager }, userId) => manager.isEnabled('rollout', { userId }),
      expected: { key: 'rollout', variant: 'true', reason: 'split', assignment: 'assigned' },
    },
    'a share of 100 %': {
      evaluate: ({ manager }, userId) => manager.isEnabled('full', { userId }),
      expected: { key: 'full', variant: 'true', reason: 'static', assignment: 'default' },
    },
    'an allocation of 100 %': {
      evaluate: ({ manager }, userId) => manager.getVariant('whole', { userId }),
      expected: { key: 'whole', variant: 'large', reason: 'static', assignment: 'default' },
    },
    'a group that the targeting filter lists': {
      evaluate: ({ manager }, userId) => manager.isEnabled('staff', { userId, groups: ['staff'] }),
      expected: { key: 'staff', variant: 'true', reason: 'targeting_match', assignment: 'assigned' },
    },
    'no filter that matches': {
      evaluate: ({ manager }, userId) => manager.isEnabled('ended', { userId }),
      expected: { key: 'ended', variant: 'false', reason: 'default', assignment: 'default' },
    },
    'a filter that throws': {
      evaluate: ({ manager }, userId) => manager.isEnabled('wrong', { userId }),
      expected: { key: 'wrong', reason: 'error', assignment: 'error', errorType: 'general' },
    },
  },
  without: { setId: 'A flag of Microsoft FeatureManagement belongs to no project that has an id.' },
  notes: [
    'A manager is observed from where it is made, because it keeps its provider and its callback in private.',
    'How a variant was allocated is what the SDK tells; whether the flag is on for a share of the units is read from its targeting filter.',
    'The version is the `ETag` in the telemetry metadata that Azure App Configuration gives a flag.',
    '`isEnabled` and `getVariant` both write the variant, also where `isEnabled` says `false`.',
    'The unit is the `userId` of the targeting context; a flag that is missing is written without it.',
  ],
};
