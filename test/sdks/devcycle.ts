import { ConfigSource, type DevCycleClient, initializeDevCycle } from '@devcycle/nodejs-server-sdk';
import type { SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/devcycle.js');

const EVERYBODY = { type: 'all', comparator: '=', values: [] };

const user = (subType: string, value: string): object => ({
  type: 'user',
  subType,
  comparator: '=',
  values: [value],
});

const target = (_id: string, filter: object, shares: Readonly<Record<string, number>>): object => ({
  _id,
  _audience: { _id: `${_id}-audience`, filters: { operator: 'and', filters: [filter] } },
  distribution: Object.entries(shares).map(([_variation, percentage]) => ({ _variation, percentage })),
});

/** A feature with one variable, of the same key. */
const feature = (key: string, values: Readonly<Record<string, unknown>>, targets: object[]): object => ({
  _id: `${key}-feature`,
  key,
  type: 'release',
  variations: Object.entries(values).map(([name, value]) => ({
    _id: name,
    key: name,
    name,
    variables: [{ _var: `${key}-variable`, value }],
  })),
  configuration: { _id: `${key}-configuration`, targets },
});

const FEATURES = [
  feature('boolean', { on: true }, [target('1', EVERYBODY, { on: 1 })]),
  feature('string', { blue: 'navy' }, [target('2', EVERYBODY, { blue: 1 })]),
  feature('number', { large: 20 }, [target('3', EVERYBODY, { large: 1 })]),
  feature('object', { compact: { columns: 2 } }, [target('4', EVERYBODY, { compact: 1 })]),
  feature('off', { on: true }, []),
  feature('named', { on: true }, [target('5', user('user_id', 'ada@example.org'), { on: 1 })]),
  feature('ruled', { on: true }, [target('6', user('country', 'CA'), { on: 1 })]),
  feature('split', { on: true, off: false }, [target('7', EVERYBODY, { on: 0.5, off: 0.5 })]),
];

const TYPES: Readonly<Record<string, string>> = { string: 'String', number: 'Number', object: 'JSON' };

const VARIABLES = ['boolean', 'string', 'number', 'object', 'off', 'named', 'ruled', 'split'].map((key) => ({
  _id: `${key}-variable`,
  key,
  type: TYPES[key] ?? 'Boolean',
}));

const CONFIG = {
  project: { _id: 'shop', key: 'shop', a0_organization: 'org', settings: { edgeDB: { enabled: false } } },
  environment: { _id: 'production', key: 'production' },
  features: FEATURES,
  variables: VARIABLES,
  variableHashes: Object.fromEntries(VARIABLES.map(({ key }, index) => [key, index])),
  audiences: {},
};

type Source = Awaited<ReturnType<typeof ConfigSource.prototype.getConfig<true>>>;

class LocalSource extends ConfigSource {
  readonly #config: object | undefined;

  constructor(config: object | undefined) {
    super();
    this.#config = config;
  }

  async getConfig(): Promise<Source> {
    if (this.#config === undefined) throw new Error('There is no config yet.');
    return { config: this.#config as Source['config'], lastModified: null, metaData: {} };
  }

  getConfigURL(): string {
    return 'local';
  }
}

const SILENT = { info: () => {}, debug: () => {}, warn: () => {}, error: () => {} };

function create(config?: object): Promise<DevCycleClient> {
  const client = initializeDevCycle('dvc_server_key', {
    configSource: new LocalSource(config),
    disableRealTimeUpdates: true,
    disableAutomaticEventLogging: true,
    disableCustomEventLogging: true,
    logger: SILENT,
  });
  // Each client adds one that closes it, and Node warns from the eleventh on; here `stop` closes them.
  const closer = process.listeners('exit').at(-1);
  if (closer !== undefined) process.off('exit', closer);
  return client.onClientInitialized();
}

const EVERYONE = { reason: 'static', assignment: 'default', setId: 'shop' } as const;
const DEFAULTED = { variant: 'false', reason: 'default', assignment: 'default', setId: 'shop' } as const;
const DRAWN = { key: 'split', reason: 'split', assignment: 'assigned', setId: 'shop' } as const;
export const subject: SdkSubject<DevCycleClient, Entry> = {
  title: 'DevCycle',
  packages: ['@devcycle/nodejs-server-sdk'],
  entry: 'telltale/devcycle',
  line: 'observeDevCycle(devcycleClient)',
  provider: 'DevCycle',
  offline: 'a `configSource` of its own',
  start: () => create(CONFIG),
  stop: (client) => client.close(),
  attach: (client, { observeDevCycle }) => observeDevCycle(client),
  cases: {
    boolean: {
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'boolean', false),
      expected: { key: 'boolean', variant: 'true', ...EVERYONE },
    },
    string: {
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'string', 'none'),
      expected: { key: 'string', ...EVERYONE },
    },
    number: {
      evaluate: (client, user_id) => client.variable({ user_id }, 'number', 0),
      expected: { key: 'number', ...EVERYONE },
    },
    object: {
      evaluate: (client, user_id) => client.variable({ user_id }, 'object', { columns: 1 }),
      expected: { key: 'object', ...EVERYONE },
    },
    off: {
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'off', false),
      expected: { key: 'off', ...DEFAULTED },
    },
    override: {
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'named', false),
      expected: {
        key: 'named',
        variant: 'true',
        reason: 'targeting_match',
        assignment: 'override',
        setId: 'shop',
      },
    },
    missing: {
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'missing', true),
      expected: { key: 'missing', ...DEFAULTED, variant: 'true' },
    },
    wrongType: {
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'string', false),
      expected: { key: 'string', ...DEFAULTED },
    },
    notReady: {
      start: () => create(),
      evaluate: (client, user_id) => client.variableValue({ user_id }, 'boolean', false),
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
    evaluate: (client, user_id) => client.variableValue({ user_id }, 'split', false),
    expected: {
      'user-1': { ...DRAWN, variant: 'true' },
      'user-2': { ...DRAWN, variant: 'false' },
    },
  },
  more: {
    'a rule that matches': {
      evaluate: (client, user_id) => client.variable({ user_id, country: 'CA' }, 'ruled', false),
      expected: {
        key: 'ruled',
        variant: 'true',
        reason: 'targeting_match',
        assignment: 'assigned',
        setId: 'shop',
      },
    },
    'no rule that matches': {
      evaluate: (client, user_id) => client.variable({ user_id }, 'ruled', false),
      expected: { key: 'ruled', ...DEFAULTED },
    },
    'a user without an id': {
      evaluate: (client) => client.variable({} as { user_id: string }, 'boolean', false),
      expected: {
        key: 'boolean',
        reason: 'error',
        assignment: 'error',
        errorType: 'targeting_key_missing',
      },
    },
  },
  without: {
    variant:
      'Only boolean variables have a variant, `true` or `false`: with a value, DevCycle does not tell the variation.',
    version: "DevCycle's client has no version of a variable or of its config.",
  },
  notes: [
    'With local bucketing, DevCycle has the same words for a variable that does not exist, is off, is of another type ' +
      'than the default, or is not for the user: the reason is `default`, and there is no error.',
    'With cloud bucketing, it has the same words for a variable that is not for the user and a service that did not ' +
      'answer: the reason is `default` there, too.',
    'A user whom a gradual rollout leaves out is told as `default` too, which is in no comparison; a random ' +
      'distribution of two variations tells both sides.',
    'A rule on nothing but the user id counts as an override, whatever its comparator.',
    'The flag set is the project, which a client with cloud bucketing does not know.',
    '`allVariables` is an evaluation of every variable that it returns.',
    '`allFeatures` is not observed: its keys are of features, and a feature nearly always shares its key with a ' +
      'variable. `getClientBootstrapConfig` is not observed, as it evaluates for a browser.',
  ],
};
