import { type BaseFliptClient, FliptClient } from '@flipt-io/flipt-client-js';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/flipt.js');

const segment = (key: string, ...constraints: object[]): object => ({
  key,
  matchType: 'ALL_SEGMENT_MATCH_TYPE',
  constraints,
});

const EVERYBODY = segment('everybody');
const PRO = segment('pro', {
  type: 'STRING_CONSTRAINT_COMPARISON_TYPE',
  property: 'plan',
  operator: 'eq',
  value: 'pro',
});
const TESTERS = segment('testers', {
  type: 'ENTITY_ID_CONSTRAINT_COMPARISON_TYPE',
  property: 'entityId',
  operator: 'isoneof',
  value: '["bob", "ada@example.org"]',
});

const rule = (of: object, ...variants: readonly (readonly [name: string, attachment: string])[]): object => ({
  id: 'rule',
  rank: 1,
  segmentOperator: 'OR_SEGMENT_OPERATOR',
  segments: [of],
  distributions: variants.map(([variantKey, variantAttachment]) => ({
    variantKey,
    variantAttachment,
    rollout: 100 / variants.length,
  })),
});

const variantFlag = (key: string, rules: readonly object[], more: object = {}): object => ({
  key,
  name: key,
  description: '',
  type: 'VARIANT_FLAG_TYPE',
  enabled: true,
  rules,
  rollouts: [],
  ...more,
});

const booleanFlag = (key: string, enabled: boolean, ...rollouts: object[]): object => ({
  key,
  name: key,
  description: '',
  type: 'BOOLEAN_FLAG_TYPE',
  enabled,
  rules: [],
  rollouts: rollouts.map((rollout, index) => ({ ...rollout, rank: index + 1 })),
});

const share = (percentage: number): object => ({
  type: 'THRESHOLD_ROLLOUT_TYPE',
  threshold: { percentage, value: true },
});

const forSegment = (of: object): object => ({
  type: 'SEGMENT_ROLLOUT_TYPE',
  segment: { value: true, segmentOperator: 'OR_SEGMENT_OPERATOR', segments: [of] },
});

const FLAGS = [
  booleanFlag('boolean', true),
  booleanFlag('half', false, share(50)),
  booleanFlag('full', false, share(100)),
  booleanFlag('ruled', false, forSegment(PRO)),
  booleanFlag('testers', false, forSegment(TESTERS), share(50)),
  variantFlag('string', [rule(EVERYBODY, ['blue', ''])]),
  variantFlag('number', [rule(EVERYBODY, ['large', '20'])]),
  variantFlag('object', [rule(PRO, ['wide', '{"columns":4}'])], {
    defaultVariant: { id: 'compact', key: 'compact', attachment: '{"columns":2}' },
  }),
  variantFlag('off', [rule(EVERYBODY, ['blue', ''])], { enabled: false }),
  variantFlag('named', [rule(TESTERS, ['blue', ''])]),
  variantFlag('split', [rule(EVERYBODY, ['blue', ''], ['green', ''])]),
  variantFlag('bare', [rule(PRO)]),
];

const context = {};
const pro = { plan: 'pro' };
const EVERYONE = { reason: 'static', assignment: 'default', setId: 'shop' } as const;
const DRAWN = { reason: 'split', assignment: 'assigned', setId: 'shop' } as const;
const RULED = { reason: 'targeting_match', assignment: 'assigned', setId: 'shop' } as const;
const NAMED = { reason: 'targeting_match', assignment: 'override', setId: 'shop' } as const;
const NO_RULE = { reason: 'default', assignment: 'default', setId: 'shop' } as const;

export const subject: SdkSubject<BaseFliptClient & { close(): void }, Entry> = {
  title: 'Flipt',
  packages: ['@flipt-io/flipt-client-js'],
  entry: 'telltale/flipt',
  line: 'observeFlipt(fliptClient)',
  provider: 'Flipt',
  offline: 'a fake at the edge of the network, its option `fetcher`',
  start: () =>
    FliptClient.init({
      namespace: 'shop',
      updateInterval: 0,
      fetcher: async () => Response.json({ namespace: { key: 'shop' }, flags: FLAGS }),
    }),
  stop: (client) => client.close(),
  attach: (client, { observeFlipt }) => observeFlipt(client),
  cases: {
    boolean: {
      evaluate: (client, entityId) =>
        client.evaluateBoolean({ flagKey: 'boolean', entityId, context }).enabled,
      expected: { key: 'boolean', variant: 'true', ...EVERYONE },
    },
    string: {
      evaluate: (client, entityId) =>
        client.evaluateVariant({ flagKey: 'string', entityId, context }).variantKey,
      expected: { key: 'string', variant: 'blue', ...EVERYONE },
    },
    number: {
      evaluate: (client, entityId) =>
        client.evaluateVariant({ flagKey: 'number', entityId, context }).variantAttachment,
      expected: { key: 'number', variant: 'large', ...EVERYONE },
    },
    object: {
      evaluate: (client, entityId) =>
        client.evaluateVariant({ flagKey: 'object', entityId, context }).variantAttachment,
      expected: { key: 'object', variant: 'compact', ...NO_RULE },
    },
    off: {
      evaluate: (client, entityId) => client.evaluateVariant({ flagKey: 'off', entityId, context }).match,
      expected: { key: 'off', variant: 'false', reason: 'disabled', assignment: 'default', setId: 'shop' },
    },
    override: {
      evaluate: (client, entityId) =>
        client.evaluateVariant({ flagKey: 'named', entityId, context }).variantKey,
      expected: { key: 'named', variant: 'blue', ...NAMED },
    },
    missing: {
      evaluate: (client, entityId) => client.evaluateBoolean({ flagKey: 'missing', entityId, context }),
      expected: {
        key: 'missing',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
        setId: 'shop',
      },
    },
    wrongType: {
      evaluate: (client, entityId) => client.evaluateBoolean({ flagKey: 'string', entityId, context }),
      expected: {
        key: 'string',
        reason: 'error',
        assignment: 'error',
        errorType: 'type_mismatch',
        setId: 'shop',
      },
    },
    notReady: {
      impossible: 'There is no client before it has its flags: `FliptClient.init` waits for them, or fails.',
    },
  },
  split: {
    evaluate: (client, entityId) =>
      client.evaluateVariant({ flagKey: 'split', entityId, context }).variantKey,
    expected: {
      'user-1': { key: 'split', variant: 'blue', ...DRAWN },
      'user-2': { key: 'split', variant: 'green', ...DRAWN },
    },
  },
  more: {
    'a share that the unit is in': {
      evaluate: (client) => client.evaluateBoolean({ flagKey: 'half', entityId: 'user-2', context }).enabled,
      expected: { key: 'half', variant: 'true', ...DRAWN },
    },
    'a share that the unit is not in': {
      evaluate: (client) => client.evaluateBoolean({ flagKey: 'half', entityId: 'user-1', context }).enabled,
      expected: { key: 'half', variant: 'false', ...DRAWN },
    },
    'a rollout to everyone': {
      evaluate: (client, entityId) => client.evaluateBoolean({ flagKey: 'full', entityId, context }).enabled,
      expected: { key: 'full', variant: 'true', ...EVERYONE },
    },
    'a segment that the unit is in': {
      evaluate: (client, entityId) =>
        client.evaluateBoolean({ flagKey: 'ruled', entityId, context: pro }).enabled,
      expected: { key: 'ruled', variant: 'true', ...RULED },
    },
    'a segment that the unit is not in': {
      evaluate: (client, entityId) => client.evaluateBoolean({ flagKey: 'ruled', entityId, context }).enabled,
      expected: { key: 'ruled', variant: 'false', ...NO_RULE },
    },
    'a tester before a share of the others': {
      evaluate: (client, entityId) =>
        client.evaluateBoolean({ flagKey: 'testers', entityId, context }).enabled,
      expected: { key: 'testers', variant: 'true', ...NAMED },
    },
    'a rule that matches': {
      evaluate: (client, entityId) =>
        client.evaluateVariant({ flagKey: 'object', entityId, context: pro }).variantKey,
      expected: { key: 'object', variant: 'wide', ...RULED },
    },
    'a rule without variants': {
      evaluate: (client, entityId) =>
        client.evaluateVariant({ flagKey: 'bare', entityId, context: pro }).match,
      expected: { key: 'bare', variant: 'true', ...RULED },
    },
    'a batch of one': {
      evaluate: (client, entityId) =>
        client.evaluateBatch([{ flagKey: 'split', entityId, context }]).responses.length,
      expected: { key: 'split', variant: 'blue', ...DRAWN },
    },
    'no entity': {
      evaluate: (client) => client.evaluateBoolean({ flagKey: 'boolean', entityId: '', context }),
      expected: {
        key: 'boolean',
        reason: 'error',
        assignment: 'error',
        errorType: 'targeting_key_missing',
        setId: 'shop',
      },
    },
  },
  without: { version: "Flipt's client has no version of a flag or of a namespace." },
  notes: [
    'The unit is the entity, and the flag set is the namespace.',
    'The reason is read from the rules and rollouts of the flag, which `getSnapshot` gives: Flipt tells that a rule ' +
      'matched, and not whether it spreads its entities over variants. The snapshot is read once after each change.',
    '`true` and `false` stand where a variant flag gives no variant: a rule without variants, no rule, a flag that is off.',
    'Flipt throws where a flag does not exist or is of the other type; that is an evaluation without a variant.',
    '`evaluateBatch` is an evaluation of every flag in it.',
  ],
};
