import {
  type Client,
  type FlagMetadata,
  InMemoryProvider,
  OpenFeature,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/web-sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/web.js');

const METADATA: FlagMetadata = { version: 7, flagSetId: 'shop' };

const flag = <Variants extends Record<string, boolean> | Record<string, string>>(
  variants: Variants,
  defaultVariant: keyof Variants & string,
) => ({ variants, defaultVariant, disabled: false });

const FLAGS = {
  boolean: flag({ on: true, off: false }, 'on'),
  string: flag({ blue: 'navy', green: 'olive' }, 'blue'),
  number: { variants: { large: 20, small: 10 }, defaultVariant: 'large', disabled: false },
  object: { variants: { compact: { columns: 2 } }, defaultVariant: 'compact', disabled: false },
  off: { ...flag({ on: true, off: false }, 'on'), disabled: true },
  split: {
    ...flag({ blue: 'navy', green: 'olive' }, 'blue'),
    contextEvaluator: ({ targetingKey }: { targetingKey?: string }) =>
      targetingKey === 'user-2' ? 'green' : 'blue',
  },
};

/** OpenFeature's own, with metadata of flags, which it has none of. */
class ShopProvider implements Provider {
  readonly metadata = { name: 'in-memory' };
  readonly #flags = new InMemoryProvider(FLAGS);

  resolveBooleanEvaluation: Provider['resolveBooleanEvaluation'] = (key, ...rest) =>
    withMetadata(this.#flags.resolveBooleanEvaluation(key, ...rest));
  resolveStringEvaluation: Provider['resolveStringEvaluation'] = (key, ...rest) =>
    withMetadata(this.#flags.resolveStringEvaluation(key, ...rest));
  resolveNumberEvaluation: Provider['resolveNumberEvaluation'] = (key, ...rest) =>
    withMetadata(this.#flags.resolveNumberEvaluation(key, ...rest));
  resolveObjectEvaluation: Provider['resolveObjectEvaluation'] = (key, ...rest) =>
    withMetadata(this.#flags.resolveObjectEvaluation(key, ...rest));
}

function withMetadata<T>(details: ResolutionDetails<T>): ResolutionDetails<T> {
  return { ...details, flagMetadata: METADATA };
}

const KNOWN = { setId: 'shop', version: '7' };
const STATIC = { reason: 'static', assignment: 'default', ...KNOWN } as const;
const ERROR = { reason: 'error', assignment: 'error' } as const;

/** A page knows one user at a time, whom it is told beforehand. */
async function as(client: Client, targetingKey: string): Promise<Client> {
  await OpenFeature.setContext(client.metadata.domain ?? '', { targetingKey });
  return client;
}

let domains = 0;

/** On a provider of its own. */
function newClient(): Client {
  domains += 1;
  return OpenFeature.getClient(`web-${domains}`);
}

export const subject: SdkSubject<Client, Entry> = {
  title: 'OpenFeature, web SDK',
  packages: ['@openfeature/web-sdk', '@openfeature/core'],
  entry: 'telltale/web',
  line: 'OpenFeature.addHooks(new TelltaleHook())',
  runtime: 'web',
  provider: 'in-memory',
  offline: 'a provider in memory',
  start: async () => {
    const client = newClient();
    await OpenFeature.setProviderAndWait(client.metadata.domain ?? '', new ShopProvider());
    return client;
  },
  stop: (client) => client.clearHooks(),
  attach: (client, { TelltaleHook }) => {
    client.addHooks(new TelltaleHook());
    return { impossible: 'OpenFeature takes hooks out all at once, by its own `clearHooks()`.' };
  },
  cases: {
    boolean: {
      evaluate: async (client, unit) => (await as(client, unit)).getBooleanDetails('boolean', false),
      expected: { key: 'boolean', variant: 'on', ...STATIC },
    },
    string: {
      evaluate: async (client, unit) => (await as(client, unit)).getStringValue('string', 'none'),
      expected: { key: 'string', variant: 'blue', ...STATIC },
    },
    number: {
      evaluate: async (client, unit) => (await as(client, unit)).getNumberDetails('number', 0),
      expected: { key: 'number', variant: 'large', ...STATIC },
    },
    object: {
      evaluate: async (client, unit) => (await as(client, unit)).getObjectValue('object', {}),
      expected: { key: 'object', variant: 'compact', ...STATIC },
    },
    off: {
      evaluate: async (client, unit) => (await as(client, unit)).getBooleanValue('off', false),
      expected: { key: 'off', variant: 'false', reason: 'disabled', assignment: 'default', ...KNOWN },
    },
    override: {
      impossible: "OpenFeature's reasons do not tell an individually targeted unit from a rule that matches.",
    },
    missing: {
      evaluate: async (client, unit) => (await as(client, unit)).getBooleanDetails('missing', true),
      expected: { key: 'missing', variant: 'true', ...ERROR, errorType: 'flag_not_found' },
    },
    wrongType: {
      evaluate: async (client, unit) => (await as(client, unit)).getNumberDetails('string', 1),
      expected: { key: 'string', ...ERROR, errorType: 'type_mismatch' },
    },
    notReady: {
      start: async () => {
        const client = newClient();
        const provider = Object.assign(new ShopProvider(), { initialize: () => new Promise<void>(() => {}) });
        OpenFeature.setProvider(client.metadata.domain ?? '', provider);
        return client;
      },
      evaluate: (client) => client.getBooleanValue('boolean', true),
      expected: { key: 'boolean', variant: 'true', ...ERROR, errorType: 'provider_not_ready' },
    },
  },
  split: {
    evaluate: async (client, unit) => (await as(client, unit)).getStringValue('split', 'none'),
    expected: Object.fromEntries(
      [
        ['user-1', 'blue'],
        ['user-2', 'green'],
      ].map(([unit, variant]) => [
        unit,
        { key: 'split', variant, reason: 'targeting_match', assignment: 'assigned', ...KNOWN },
      ]),
    ),
  },
  without: {
    targetingKey: 'A page writes no unit: in the clear it may not, and a salt in a page is no secret.',
  },
  notes: [
    'The version and the flag set are what the provider gives as the metadata `version` and `flagSetId`.',
    'Before the provider is ready, the application gets its default, and the record says `provider_not_ready`.',
  ],
};
