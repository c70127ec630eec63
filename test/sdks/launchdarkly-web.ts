import { basicLogger, createClient, type LDClient, type LDOptions } from '@launchdarkly/js-client-sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/launchdarkly-web.js');

/** One flag, as LaunchDarkly delivers it to a page. */
interface Delivered {
  readonly value: unknown;
  readonly variation?: number;
  readonly reason?: { readonly kind: string; readonly ruleIndex?: number; readonly inExperiment?: boolean };
}

const FALLTHROUGH = { kind: 'FALLTHROUGH' };
const FLAGS: Readonly<Record<string, Delivered>> = {
  boolean: { value: true, variation: 0, reason: FALLTHROUGH },
  string: { value: 'navy', variation: 1, reason: FALLTHROUGH },
  number: { value: 20, variation: 2, reason: FALLTHROUGH },
  object: { value: { columns: 2 }, variation: 0, reason: FALLTHROUGH },
  off: { value: false, variation: 1, reason: { kind: 'OFF' } },
  'off-without': { value: null, reason: { kind: 'OFF' } },
  named: { value: true, variation: 0, reason: { kind: 'TARGET_MATCH' } },
  ruled: { value: true, variation: 0, reason: { kind: 'RULE_MATCH', ruleIndex: 0 } },
  experiment: { value: true, variation: 0, reason: { ...FALLTHROUGH, inExperiment: true } },
  unexplained: { value: true, variation: 0 },
};

/** What the server side decided for that user, as its `allFlagsState()` gives it to a page. */
function bootstrapOf(unit: string): object {
  const split: Delivered = {
    value: unit === 'user-2',
    variation: unit === 'user-2' ? 0 : 1,
    reason: FALLTHROUGH,
  };
  const flags = Object.entries({ ...FLAGS, split });
  return {
    ...Object.fromEntries(flags.map(([key, { value }]) => [key, value])),
    $flagsState: Object.fromEntries(
      flags.map(([key, { value: _, ...rest }]) => [key, { version: 3, ...rest }]),
    ),
    $valid: true,
  };
}

const OPTIONS: LDOptions = {
  sendEvents: false,
  fetchGoals: false,
  streaming: false,
  withReasons: true,
  baseUri: 'http://127.0.0.1:9',
  logger: basicLogger({ level: 'none' }),
};

const context = (key: string) => ({ kind: 'user', key });

/** A page knows one user at a time, whom it is told beforehand. */
async function as(client: LDClient, unit: string): Promise<LDClient> {
  await client.identify(context(unit), { bootstrap: bootstrapOf(unit) });
  return client;
}

const ASSIGNED = { reason: 'default', assignment: 'assigned' } as const;
const ERROR = { reason: 'error', assignment: 'error' } as const;

export const subject: SdkSubject<LDClient, Entry> = {
  title: 'LaunchDarkly, JavaScript client SDK',
  packages: ['@launchdarkly/js-client-sdk'],
  entry: 'telltale/launchdarkly-web',
  line: 'observeLaunchDarkly(client)',
  runtime: 'web',
  provider: 'LaunchDarkly',
  offline: 'bootstrap data',
  start: async () => {
    const client = createClient('client-side-id', context('user-1'), OPTIONS);
    await client.start({ identifyOptions: { bootstrap: bootstrapOf('user-1') } });
    return client;
  },
  stop: (client) => client.close(),
  attach: (client, { observeLaunchDarkly }) => observeLaunchDarkly(client),
  cases: {
    boolean: {
      evaluate: async (client, unit) => (await as(client, unit)).boolVariation('boolean', false),
      expected: { key: 'boolean', variant: '0', ...ASSIGNED },
    },
    string: {
      evaluate: async (client, unit) => (await as(client, unit)).stringVariation('string', 'none'),
      expected: { key: 'string', variant: '1', ...ASSIGNED },
    },
    number: {
      evaluate: async (client, unit) => (await as(client, unit)).numberVariationDetail('number', 0),
      expected: { key: 'number', variant: '2', ...ASSIGNED },
    },
    object: {
      evaluate: async (client, unit) => (await as(client, unit)).jsonVariation('object', null),
      expected: { key: 'object', variant: '0', ...ASSIGNED },
    },
    off: {
      evaluate: async (client, unit) => (await as(client, unit)).variation('off', true),
      expected: { key: 'off', variant: '1', reason: 'disabled', assignment: 'default' },
    },
    override: {
      evaluate: async (client, unit) => (await as(client, unit)).variation('named', false),
      expected: { key: 'named', variant: '0', reason: 'targeting_match', assignment: 'override' },
    },
    missing: {
      evaluate: async (client, unit) => (await as(client, unit)).variationDetail('missing', true),
      expected: { key: 'missing', variant: 'true', ...ERROR, errorType: 'flag_not_found' },
    },
    wrongType: {
      evaluate: async (client, unit) => (await as(client, unit)).numberVariation('string', 1),
      expected: { key: 'string', ...ERROR, errorType: 'type_mismatch' },
    },
    notReady: {
      start: async () => createClient('client-side-id', context('user-1'), OPTIONS),
      evaluate: (client) => client.boolVariation('boolean', true),
      expected: { key: 'boolean', variant: 'true', ...ERROR, errorType: 'flag_not_found' },
    },
  },
  split: {
    evaluate: async (client, unit) => (await as(client, unit)).variation('split', false),
    expected: {
      'user-1': { key: 'split', variant: '1', ...ASSIGNED },
      'user-2': { key: 'split', variant: '0', ...ASSIGNED },
    },
  },
  more: {
    'a rule that matches': {
      evaluate: async (client, unit) => (await as(client, unit)).boolVariationDetail('ruled', false),
      expected: { key: 'ruled', variant: '0', reason: 'targeting_match', assignment: 'assigned' },
    },
    'an experiment': {
      evaluate: async (client, unit) => (await as(client, unit)).variation('experiment', false),
      expected: { key: 'experiment', variant: '0', reason: 'split', assignment: 'assigned' },
    },
    'a flag that is off without a variation': {
      evaluate: async (client, unit) => (await as(client, unit)).variation('off-without', false),
      expected: { key: 'off-without', variant: 'false', reason: 'disabled', assignment: 'default' },
    },
    'a flag without its reason': {
      evaluate: async (client, unit) => (await as(client, unit)).variation('unexplained', false),
      expected: { key: 'unexplained', variant: '0', reason: 'unknown', assignment: 'assigned' },
    },
  },
  without: {
    setId: 'LaunchDarkly tells its hooks no environment.',
    version: "LaunchDarkly's SDK knows the flag's version and tells no hook.",
    targetingKey: 'A page writes no unit: in the clear it may not, and a salt in a page is no secret.',
  },
  notes: [
    'The variant is the index of the variation; the SDK knows no names.',
    "The reason is `unknown` unless the SDK's option `withReasons` is on.",
    'Before the client is ready, the SDK says that the flag is not found, and so does the record.',
    '`allFlags()` calls no hooks: what is read through it is not seen.',
  ],
};
