import { type Client, InMemoryProvider, OpenFeature, type ResolutionDetails } from '@openfeature/server-sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/openfeature.js');

const FLAGS = {
  boolean: { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
  string: { variants: { blue: 'navy' }, defaultVariant: 'blue', disabled: false },
  number: { variants: { large: 20 }, defaultVariant: 'large', disabled: false },
  object: { variants: { compact: { columns: 2 } }, defaultVariant: 'compact', disabled: false },
  off: { variants: { on: true, off: false }, defaultVariant: 'on', disabled: true },
  split: {
    variants: { blue: 'navy', green: 'lime' },
    defaultVariant: 'blue',
    disabled: false,
    contextEvaluator: ({ targetingKey }: { readonly targetingKey?: string }) =>
      targetingKey === 'user-1' ? 'blue' : 'green',
  },
};

/** Tells of its booleans what providers tell by metadata. */
class ProviderWithMetadata extends InMemoryProvider {
  override async resolveBooleanEvaluation(
    ...args: Parameters<InMemoryProvider['resolveBooleanEvaluation']>
  ): Promise<ResolutionDetails<boolean>> {
    const resolution = await super.resolveBooleanEvaluation(...args);
    return { ...resolution, flagMetadata: { flagSetId: 'shop', version: '7' } };
  }
}

/** It has nothing to load, so one that is not ready has to wait for something. */
class WaitingProvider extends InMemoryProvider {
  initialize(): Promise<void> {
    return new Promise(() => {});
  }
}

let domains = 0;

/** A client on a provider of its own. */
function clientOf(set: (domain: string) => unknown): Promise<Client> {
  domains += 1;
  const domain = `subject-${domains}`;
  return Promise.resolve(set(domain)).then(() => OpenFeature.getClient(domain));
}

export const subject: SdkSubject<Client, Entry> = {
  title: 'OpenFeature',
  packages: ['@openfeature/server-sdk'],
  entry: 'telltale/openfeature',
  line: 'OpenFeature.addHooks(new TelltaleHook())',
  provider: 'in-memory',
  offline: "OpenFeature's in-memory provider",
  start: () => clientOf((domain) => OpenFeature.setProviderAndWait(domain, new ProviderWithMetadata(FLAGS))),
  stop: () => OpenFeature.clearProviders(),
  attach: (client, { TelltaleHook }) => {
    client.addHooks(new TelltaleHook());
    return () => client.clearHooks();
  },
  addEmptyHook: (client) => {
    client.addHooks({ finally() {} });
  },
  cases: {
    boolean: {
      evaluate: (client, targetingKey) => client.getBooleanValue('boolean', false, { targetingKey }),
      expected: {
        key: 'boolean',
        variant: 'on',
        reason: 'static',
        assignment: 'default',
        setId: 'shop',
        version: '7',
      },
    },
    string: {
      evaluate: (client, targetingKey) => client.getStringDetails('string', '', { targetingKey }),
      expected: { key: 'string', variant: 'blue', reason: 'static', assignment: 'default' },
    },
    number: {
      evaluate: (client, targetingKey) => client.getNumberValue('number', 0, { targetingKey }),
      expected: { key: 'number', variant: 'large', reason: 'static', assignment: 'default' },
    },
    object: {
      evaluate: (client, targetingKey) => client.getObjectValue('object', {}, { targetingKey }),
      expected: { key: 'object', variant: 'compact', reason: 'static', assignment: 'default' },
    },
    off: {
      evaluate: (client, targetingKey) => client.getBooleanValue('off', false, { targetingKey }),
      expected: {
        key: 'off',
        variant: 'false',
        reason: 'disabled',
        assignment: 'default',
        setId: 'shop',
        version: '7',
      },
    },
    override: {
      impossible:
        "OpenFeature has no reason for a unit that is targeted individually; LaunchDarkly's provider gives its own.",
    },
    missing: {
      evaluate: (client, targetingKey) => client.getBooleanValue('missing', true, { targetingKey }),
      expected: {
        key: 'missing',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      evaluate: (client, targetingKey) => client.getNumberValue('string', 7, { targetingKey }),
      expected: { key: 'string', reason: 'error', assignment: 'error', errorType: 'type_mismatch' },
    },
    notReady: {
      start: () => clientOf((domain) => OpenFeature.setProvider(domain, new WaitingProvider(FLAGS))),
      evaluate: (client, targetingKey) => client.getBooleanValue('boolean', false, { targetingKey }),
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
    evaluate: (client, targetingKey) => client.getStringValue('split', '', { targetingKey }),
    expected: Object.fromEntries(
      [
        ['user-1', 'blue'],
        ['user-2', 'green'],
      ].map(([unit, variant]) => [
        unit,
        { key: 'split', variant, reason: 'targeting_match', assignment: 'assigned' },
      ]),
    ),
  },
  without: {},
  notes: [
    'Set and version are the `flagSetId` and `version` of the metadata that a provider gives; flagd gives both.',
    'What is written is what the provider tells, reasons of its own included, in lower case.',
    "LaunchDarkly's provider: the variant is the variation's index, and `TARGET_MATCH` is an override.",
    "GrowthBook's provider: there is a variant in experiments only, so elsewhere a boolean is `true` or `false` and anything else has no variant. `telltale/growthbook` on the GrowthBook client that an application has itself tells more.",
    "Flagsmith's provider: there is no variant, so a boolean is `true` or `false` and anything else has none. Whatever is enabled is `targeting_match`, which counts as assigned, and a flag that is switched off is an error unless it is asked as a boolean.",
  ],
};
