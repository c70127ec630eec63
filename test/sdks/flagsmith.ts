import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DefaultFlag,
  type Flags,
  Flagsmith,
  type FlagsmithCache,
  type FlagsmithConfig,
  LocalFileHandler,
} from 'flagsmith-nodejs';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/flagsmith.js');

interface Option {
  readonly id: number;
  readonly value: string;
  readonly share: number;
}

let features = 0;

/** A flag's state, in the environment or as an override. */
const state = (name: string, enabled: boolean, value: unknown, options: readonly Option[] = []): object => {
  features += 1;
  return {
    feature: { id: features, name, type: options.length > 0 ? 'MULTIVARIATE' : 'STANDARD' },
    enabled,
    feature_state_value: value,
    django_id: features,
    featurestate_uuid: `40eb539d-3713-4720-bbd4-${String(features).padStart(12, '0')}`,
    multivariate_feature_state_values: options.map(({ id, value: of, share }) => ({
      id,
      percentage_allocation: share,
      multivariate_feature_option: { id, value: of },
    })),
  };
};

const identity = (identifier: string, states: readonly object[]): object => ({
  identifier,
  identity_uuid: identifier,
  environment_api_key: 'key',
  created_date: '2026-01-01T00:00:00Z',
  identity_traits: [],
  identity_features: states,
});

const segment = (id: number, name: string, plan: string, states: readonly object[]): object => ({
  id,
  name,
  feature_states: states,
  rules: [
    {
      type: 'ALL',
      conditions: [],
      rules: [
        { type: 'ANY', conditions: [{ property_: 'plan', operator: 'EQUAL', value: plan }], rules: [] },
      ],
    },
  ],
});

const PALETTE = [
  { id: 11, value: 'blue', share: 30 },
  { id: 12, value: 'green', share: 30 },
];

/** What Flagsmith sends for an environment. */
export const ENVIRONMENT = {
  id: 7,
  api_key: 'key',
  name: 'Production',
  project: {
    id: 3,
    name: 'shop',
    organisation: {
      id: 1,
      name: 'org',
      feature_analytics: false,
      persist_trait_data: true,
      stop_serving_flags: false,
    },
    hide_disabled_flags: false,
    segments: [
      segment(1, 'professionals', 'pro', [state('ruled', true, 'gold')]),
      segment(2, 'excluded', 'none', [state('boolean', false, null)]),
      segment(3, 'painters', 'art', [
        state('palette', true, 'navy', [{ id: 12, value: 'green', share: 100 }]),
        state('string', true, 'navy', [{ id: 19, value: 'red', share: 100 }]),
      ]),
      segment(4, 'sailors', 'sea', [state('palette', true, 'blue', [{ id: 18, value: 'navy', share: 100 }])]),
    ],
  },
  feature_states: [
    state('boolean', true, null),
    state('string', true, 'navy', [{ id: 10, value: 'blue', share: 100 }]),
    state('number', true, 20),
    state('off', false, 'navy', PALETTE),
    state('ruled', true, 'silver'),
    state('named', false, null),
    state('palette', true, 'navy', PALETTE),
  ],
  identity_overrides: [
    identity('ada@example.org', [state('named', true, null)]),
    identity('bob', [state('palette', true, 'navy', [{ id: 12, value: 'green', share: 100 }])]),
  ],
};

/** The SDK reads a file, once. */
function offlineHandler(): LocalFileHandler {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-flagsmith-'));
  try {
    const path = join(folder, 'environment.json');
    writeFileSync(path, JSON.stringify(ENVIRONMENT));
    return new LocalFileHandler(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Holds what the last identity got, as an application does that keeps flags for a request. */
function lastOnly(): FlagsmithCache {
  let last: { readonly key: string; readonly flags: Flags } | undefined;
  return {
    get: async (key) => (last?.key === key ? last.flags : undefined),
    set: async (key, flags) => {
      last = { key, flags };
    },
  };
}

/** It logs what fails. */
export const logger: NonNullable<FlagsmithConfig['logger']> = { error: () => {} } as never;

const expected = (
  key: string,
  variant: string,
  reason: string,
  assignment: 'assigned' | 'override' | 'default',
) => ({
  key,
  variant,
  reason,
  assignment,
  setId: '7',
});

export const subject: SdkSubject<Flagsmith, Entry> = {
  title: 'Flagsmith',
  packages: ['flagsmith-nodejs'],
  entry: 'telltale/flagsmith',
  line: 'observeFlagsmith(flagsmith)',
  provider: 'Flagsmith',
  offline: 'an environment document in a file',
  start: async () =>
    new Flagsmith({ offlineMode: true, offlineHandler: offlineHandler(), cache: lastOnly() }),
  stop: (flagsmith) => flagsmith.close(),
  attach: (flagsmith, { observeFlagsmith }) => observeFlagsmith(flagsmith),
  cases: {
    boolean: {
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).isFeatureEnabled('boolean'),
      expected: expected('boolean', 'true', 'default', 'default'),
    },
    string: {
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).getFeatureValue('string'),
      expected: expected('string', '10', 'static', 'default'),
    },
    number: {
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).getFeatureValue('number'),
      expected: expected('number', 'true', 'default', 'default'),
    },
    object: { impossible: 'A value of Flagsmith is a text, a number or a boolean.' },
    off: {
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).getFeatureValue('off'),
      expected: expected('off', 'false', 'disabled', 'default'),
    },
    override: {
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).isFeatureEnabled('named'),
      expected: expected('named', 'true', 'targeting_match', 'override'),
    },
    missing: {
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).isFeatureEnabled('missing'),
      expected: {
        key: 'missing',
        variant: 'false',
        reason: 'error',
        assignment: 'error',
        setId: '7',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      impossible: 'Flagsmith gives the value that a flag has: whoever reads it names no type.',
    },
    notReady: {
      start: async () =>
        new Flagsmith({
          environmentKey: 'key',
          requestRetryDelayMilliseconds: 1,
          fetch: () => Promise.reject(new Error('offline')),
          defaultFlagHandler: () => new DefaultFlag('navy', true),
          logger,
        }),
      evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).isFeatureEnabled('boolean'),
      expected: {
        key: 'boolean',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'provider_not_ready',
      },
    },
  },
  split: {
    evaluate: async (flagsmith, id) => (await flagsmith.getIdentityFlags(id)).getFeatureValue('palette'),
    expected: Object.fromEntries(
      [
        ['user-3', 'control'],
        ['user-2', '11'],
        ['user-6', '12'],
      ].map(([unit, variant = '']) => [unit, expected('palette', variant, 'split', 'assigned')]),
    ),
  },
  more: {
    'the flags of an environment': {
      evaluate: async (flagsmith) => (await flagsmith.getEnvironmentFlags()).getFlag('boolean').enabled,
      expected: expected('boolean', 'true', 'static', 'default'),
    },
    'a multivariate flag of an environment': {
      evaluate: async (flagsmith) => (await flagsmith.getEnvironmentFlags()).getFeatureValue('palette'),
      expected: expected('palette', 'control', 'static', 'default'),
    },
    'a segment': {
      evaluate: async (flagsmith, id) =>
        (await flagsmith.getIdentityFlags(id, { plan: 'pro' })).getFeatureValue('ruled'),
      expected: expected('ruled', 'true', 'targeting_match', 'assigned'),
    },
    'a segment without the flag': {
      evaluate: async (flagsmith, id) =>
        (await flagsmith.getIdentityFlags(id, { plan: 'none' })).isFeatureEnabled('boolean'),
      expected: expected('boolean', 'false', 'targeting_match', 'assigned'),
    },
    'a segment with one value of a multivariate flag': {
      evaluate: async (flagsmith, id) =>
        (await flagsmith.getIdentityFlags(id, { plan: 'art' })).getFeatureValue('palette'),
      expected: expected('palette', '12', 'targeting_match', 'assigned'),
    },
    'an identity with one value of a multivariate flag': {
      evaluate: async (flagsmith) => (await flagsmith.getIdentityFlags('bob')).getFeatureValue('palette'),
      expected: expected('palette', '12', 'targeting_match', 'override'),
    },
  },
  without: { version: "Flagsmith's flags have no version that the SDK tells." },
  notes: [
    'The variant is `false` for a flag that is off and `true` for one that is on, whichever method reads it: a flag of Flagsmith has a state and a value, and no names for the values.',
    'Where flags are evaluated locally or offline, the variant of a multivariate flag is the id of the option, or `control`; an offline handler of your own has to keep the document in its field `environment` for that. What the API evaluates comes without ids, reasons and the environment.',
    'Before 7.0.0 the SDK gives no reasons: they are `unknown` for the flags of an identity.',
    'The unit is the identifier that `getIdentityFlags` is called with.',
    'What is read from the object that `getEnvironmentFlags` and `getIdentityFlags` give is counted, when it is read: by `isFeatureEnabled`, `getFeatureValue`, `getFlag` and, for every flag, `allFlags`. Its field `flags` is not observed.',
  ],
};
