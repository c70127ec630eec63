import {
  createConsoleLogger,
  createFlagOverridesFromMap,
  getClient,
  type IConfigCatClient,
  LogLevel,
  OverrideBehaviour,
  PollingMode,
} from '@configcat/sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/configcat.js');

/** Comparators of conditions, as the config has them. */
const IS_ONE_OF = 0;
const CONTAINS_ANY_OF = 2;

const bool = (value: boolean, i: string): object => ({ v: { b: value }, i });
const text = (value: string, i: string): object => ({ v: { s: value }, i });

const half = (first: object, second: object): object => ({
  p: [first, second].map((one) => ({ p: 50, ...one })),
});

const condition = (attribute: string, comparator: number, values: readonly string[]): object => ({
  u: { a: attribute, c: comparator, l: values },
});

const SETTINGS = {
  boolean: { t: 0, ...bool(true, 'b0000001') },
  string: { t: 1, ...text('navy', '50000001') },
  number: { t: 2, v: { i: 20 }, i: '20000001' },
  split: { t: 1, ...text('none', '5a000000'), ...half(text('navy', '5a000001'), text('blue', '5a000002')) },
  full: { t: 0, ...bool(false, 'f0000000'), p: [{ p: 100, ...bool(true, 'f0000001') }] },
  broken: { t: 0, ...bool(false, 'd0000000'), p: [{ p: 0, ...bool(true, 'd0000001') }] },
  ruled: {
    t: 0,
    ...bool(false, 'c0000000'),
    r: [
      { c: [condition('Identifier', IS_ONE_OF, ['bob', 'ada@example.org'])], s: bool(true, 'c0000001') },
      { c: [condition('plan', IS_ONE_OF, ['pro'])], s: bool(true, 'c0000001') },
      { c: [condition('Email', CONTAINS_ANY_OF, ['@example.org'])], s: bool(true, 'c0000001') },
      {
        c: [condition('plan', IS_ONE_OF, ['trial'])],
        ...half(bool(true, 'c0000001'), bool(true, 'c0000001')),
      },
    ],
  },
};

/** The config as ConfigCat's cache holds it. */
export const CACHED_CONFIG: string = [
  '1760000000000',
  'etag',
  JSON.stringify({ p: { u: 'https://cdn-global.configcat.com', r: 0, s: 'salt' }, f: SETTINGS }),
].join('\n');

let started = 0;

/** SDK keys have clients of their own: one key gives one client. */
export function nextSdkKey(): string {
  started += 1;
  return `telltale00000000000000/${String(started).padStart(22, '0')}`;
}

const offline = { offline: true, logger: createConsoleLogger(LogLevel.Off) };

const user = (identifier: string) => ({ identifier });

export const subject: SdkSubject<IConfigCatClient, Entry> = {
  title: 'ConfigCat',
  packages: ['@configcat/sdk', 'configcat-node'],
  entry: 'telltale/configcat',
  line: 'observeConfigCat(client)',
  provider: 'ConfigCat',
  offline: 'a config in its cache',
  start: async () => {
    const cache = { get: () => CACHED_CONFIG, set: () => {} };
    const client = getClient(nextSdkKey(), PollingMode.ManualPoll, { ...offline, cache });
    await client.waitForReady();
    return client;
  },
  stop: (client) => client.dispose(),
  attach: (client, { observeConfigCat }) => observeConfigCat(client),
  cases: {
    boolean: {
      evaluate: (client, id) => client.getValueAsync('boolean', false, user(id)),
      expected: { key: 'boolean', variant: 'b0000001', reason: 'static', assignment: 'default' },
    },
    string: {
      evaluate: (client, id) => client.getValueAsync('string', 'none', user(id)),
      expected: { key: 'string', variant: '50000001', reason: 'static', assignment: 'default' },
    },
    number: {
      evaluate: (client, id) => client.getValueDetailsAsync('number', 0, user(id)),
      expected: { key: 'number', variant: '20000001', reason: 'static', assignment: 'default' },
    },
    object: { impossible: 'A setting of ConfigCat is on or off, a text or a number.' },
    off: {
      impossible: 'A flag of ConfigCat has no switch beside its value: it is off where that is `false`.',
    },
    override: {
      evaluate: (client, id) => client.getValueAsync('ruled', false, user(id)),
      expected: { key: 'ruled', variant: 'c0000001', reason: 'targeting_match', assignment: 'override' },
    },
    missing: {
      evaluate: (client, id) => client.getValueAsync('missing', true, user(id)),
      expected: {
        key: 'missing',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      evaluate: (client, id) => client.getValueAsync('boolean', 'none', user(id)),
      expected: { key: 'boolean', reason: 'error', assignment: 'error', errorType: 'type_mismatch' },
    },
    notReady: {
      start: async () => getClient(nextSdkKey(), PollingMode.ManualPoll, offline),
      evaluate: (client, id) => client.getValueAsync('boolean', false, user(id)),
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
    evaluate: (client, id) => client.getValueAsync('split', 'none', user(id)),
    expected: Object.fromEntries(
      [
        ['user-1', '5a000001'],
        ['user-4', '5a000002'],
      ].map(([unit, variant]) => [unit, { key: 'split', variant, reason: 'split', assignment: 'assigned' }]),
    ),
  },
  more: {
    'a snapshot': {
      evaluate: (client, id) => client.snapshot().getValue('boolean', false, user(id)),
      expected: { key: 'boolean', variant: 'b0000001', reason: 'static', assignment: 'default' },
    },
    'a percentage option for everyone': {
      evaluate: (client, id) => client.getValueAsync('full', false, user(id)),
      expected: { key: 'full', variant: 'f0000001', reason: 'static', assignment: 'default' },
    },
    'a rule that matches': {
      evaluate: (client) =>
        client.getValueAsync('ruled', false, { identifier: 'c', custom: { plan: 'pro' } }),
      expected: { key: 'ruled', variant: 'c0000001', reason: 'targeting_match', assignment: 'assigned' },
    },
    'a rule for many with an e-mail address': {
      evaluate: (client) => client.getValueAsync('ruled', false, { identifier: 'c', email: 'c@example.org' }),
      expected: { key: 'ruled', variant: 'c0000001', reason: 'targeting_match', assignment: 'assigned' },
    },
    'a rule with percentage options': {
      evaluate: (client) =>
        client.getValueAsync('ruled', false, { identifier: 'c', custom: { plan: 'trial' } }),
      expected: { key: 'ruled', variant: 'c0000001', reason: 'split', assignment: 'assigned' },
    },
    'no rule that matches': {
      evaluate: (client) => client.getValueAsync('ruled', false, { identifier: 'c' }),
      expected: { key: 'ruled', variant: 'c0000000', reason: 'default', assignment: 'default' },
    },
    'no user': {
      evaluate: (client) => client.getValueAsync('split', 'none'),
      expected: { key: 'split', variant: '5a000000', reason: 'default', assignment: 'default' },
    },
    'a config that is wrong': {
      evaluate: (client, id) => client.getValueAsync('broken', true, user(id)),
      expected: {
        key: 'broken',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'parse_error',
      },
    },
    'a flag override': {
      start: async () => {
        const flagOverrides = createFlagOverridesFromMap({ boolean: true }, OverrideBehaviour.LocalOnly);
        return getClient(nextSdkKey(), PollingMode.ManualPoll, { ...offline, flagOverrides });
      },
      evaluate: (client, id) => client.getValueAsync('boolean', false, user(id)),
      expected: { key: 'boolean', variant: 'true', reason: 'default', assignment: 'default' },
    },
  },
  without: {
    setId: 'The config of ConfigCat names no product, config or environment.',
    version: 'The config of ConfigCat has no version that the SDK tells.',
  },
  notes: [
    'The variant is the variation id, which ConfigCat has for each distinct value of a flag. Values without one, as of flag overrides, are `true` or `false`, or have no variant.',
    'The unit is the identifier of the user; where percentage options decided, it is the attribute that they go by.',
    'A rule counts as individual targeting where a condition of it lists users by `Identifier` or `Email`.',
    'The reason of a flag without rules is `static`, and `default` where none of its rules matched or a flag override gives its value.',
    '`getAllValuesAsync` and `getAllValueDetailsAsync` count every flag.',
    '`removeAllListeners` of the client ends the observing too.',
    '`configcat-node` is observed by the same line, from 11.0.0 on.',
  ],
};
