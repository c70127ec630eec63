import { Statsig, type StatsigOptions, StatsigUser } from '@statsig/statsig-node-core';
import type { Expected, SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/statsig.js');

/** Conditions as Statsig's servers write them, by name. */
const CONDITIONS = {
  everyone: { type: 'public' },
  ada: { type: 'unit_id', operator: 'any', targetValue: ['ada@example.org'] },
  pro: { type: 'user_field', field: 'plan', operator: 'any', targetValue: ['pro'] },
  half: { type: 'user_bucket', operator: 'lt', targetValue: 500, additionalValues: { salt: 's' } },
};
type Condition = keyof typeof CONDITIONS;

const rule = (id: string, condition: Condition, returnValue: unknown, more: object = {}): object => ({
  name: id,
  id,
  salt: id,
  passPercentage: 100,
  conditions: [condition],
  returnValue,
  idType: 'userID',
  ...more,
});
const group = (groupName: string, condition: Condition, returnValue: unknown): object =>
  rule(`${groupName}-id`, condition, returnValue, { groupName, isExperimentGroup: true });
const spec = (entity: string, defaultValue: unknown, rules: object[], more: object = {}): object => ({
  type: entity === 'feature_gate' ? entity : 'dynamic_config',
  salt: 'salt',
  enabled: true,
  defaultValue,
  rules,
  idType: 'userID',
  entity,
  version: 7,
  ...more,
});
const gate = (rules: object[], more?: object): object => spec('feature_gate', false, rules, more);
const colors = [group('Control', 'half', { color: 'blue' }), group('Test', 'everyone', { color: 'green' })];

const SPECS = {
  has_updates: true,
  time: 1_700_000_000_000,
  company_id: 'company',
  response_format: 'dcs-v2',
  condition_map: Object.fromEntries(
    Object.entries(CONDITIONS).map(([name, condition]) => [name, { idType: 'userID', ...condition }]),
  ),
  feature_gates: {
    boolean: gate([rule('everyone-rule', 'everyone', true)]),
    off: gate([], { enabled: false }),
    ruled: gate([rule('pro-rule', 'pro', true)]),
    named: gate([rule('named-rule:userID:id_override', 'ada', true)]),
    company: gate([rule('everyone-rule', 'everyone', true)], { idType: 'companyID' }),
  },
  dynamic_configs: {
    string: spec('dynamic_config', {}, [rule('navy-rule', 'everyone', { color: 'navy' })]),
    number: spec('dynamic_config', {}, [rule('large-rule', 'everyone', { size: 20 })]),
    split: spec('experiment', { color: 'none' }, colors, { isActive: true }),
    prestart: spec('experiment', {}, [rule('prestart', 'everyone', { color: 'none' })]),
    decided: spec('experiment', {}, [
      rule('launchedGroup', 'everyone', { color: 'green' }, { groupName: 'Test' }),
    ]),
    heldout: spec('experiment', {}, [rule('holdout-id', 'everyone', { color: 'none' }), ...colors]),
    outside: spec('experiment', {}, [rule('layerAssignment', 'everyone', { color: 'none' }), ...colors]),
    layered: spec('experiment', { color: 'none' }, [group('Test', 'everyone', { color: 'green' })], {
      isActive: true,
      hasSharedParams: true,
      explicitParameters: ['color'],
    }),
  },
  layer_configs: {
    layer: spec('layer', {}, [rule('delegate', 'everyone', {}, { configDelegate: 'layered' })]),
    empty: spec('layer', { color: 'none' }, []),
  },
  param_stores: {
    store: {
      targetAppIDs: [],
      parameters: {
        banner: {
          ref_type: 'gate',
          param_type: 'boolean',
          gate_name: 'boolean',
          pass_value: true,
          fail_value: false,
        },
        color: { ref_type: 'static', param_type: 'string', value: 'blue' },
      },
    },
  },
  experiment_to_layer: { layered: 'layer' },
};

const OFFLINE: StatsigOptions = {
  disableNetwork: true,
  disableAllLogging: true,
  disableCountryLookup: true,
  outputLogLevel: 'none',
};

/** The SDK with the project above, and more options. A data store keeps the process running, also once it is shut down. */
export async function startStatsig(options: StatsigOptions = {}): Promise<Statsig> {
  const result = JSON.stringify(SPECS);
  const statsig = new Statsig('secret-key', {
    ...OFFLINE,
    ...options,
    dataStore: {
      initialize: async () => {},
      shutdown: async () => {},
      get: async () => ({ result, time: SPECS.time }),
      set: async () => {},
      supportPollingUpdatesFor: async () => false,
    },
    specAdaptersConfig: [{ adapterType: 'data_store', initTimeoutMs: 1_000 }],
  });
  await statsig.initialize();
  return statsig;
}

const user = (userID: string, more: object = {}): StatsigUser => new StatsigUser({ userID, ...more });

function expected(
  key: string,
  variant: string,
  reason: string,
  assignment: Expected['assignment'],
): Expected {
  return { key, variant, reason, assignment, version: '7' };
}

export const subject: SdkSubject<Statsig, Entry> = {
  title: 'Statsig',
  packages: ['@statsig/statsig-node-core'],
  entry: 'telltale/statsig',
  line: 'observeStatsig(statsig)',
  provider: 'Statsig',
  offline: 'a data store that has the project, with network and logging disabled',
  start: startStatsig,
  stop: (statsig) => statsig.shutdown(),
  attach: (statsig, { observeStatsig }) => observeStatsig(statsig),
  cases: {
    boolean: {
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'boolean').value,
      expected: expected('boolean', 'true', 'targeting_match', 'assigned'),
    },
    string: {
      evaluate: (statsig, unit) => statsig.getDynamicConfig(user(unit), 'string').get('color', ''),
      expected: expected('string', 'navy-rule', 'targeting_match', 'assigned'),
    },
    number: {
      evaluate: (statsig, unit) => statsig.getDynamicConfig(user(unit), 'number').get('size', 0),
      expected: expected('number', 'large-rule', 'targeting_match', 'assigned'),
    },
    object: {
      evaluate: (statsig, unit) => statsig.getExperiment(user(unit), 'decided').value,
      expected: expected('decided', 'Test', 'static', 'default'),
    },
    off: {
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'off').value,
      expected: expected('off', 'false', 'disabled', 'default'),
    },
    override: {
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'named').value,
      expected: expected('named', 'true', 'targeting_match', 'override'),
    },
    missing: {
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'missing').value,
      expected: {
        key: 'missing',
        variant: 'false',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    wrongType: {
      impossible: 'Statsig compares types as a parameter is read, which is after the evaluation.',
    },
    notReady: {
      start: async () => new Statsig('secret-key', OFFLINE),
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'boolean').value,
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
    evaluate: (statsig, unit) => statsig.getExperiment(user(unit), 'split').get('color', ''),
    expected: {
      'user-1': expected('split', 'Control', 'split', 'assigned'),
      'user-2': expected('split', 'Test', 'split', 'assigned'),
    },
  },
  more: {
    'a gate that is only checked': {
      evaluate: (statsig, unit) => statsig.checkGate(user(unit), 'boolean'),
      expected: { key: 'boolean', variant: 'true', reason: 'unknown', assignment: 'assigned' },
    },
    'no rule that matches': {
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'ruled').value,
      expected: expected('ruled', 'false', 'default', 'default'),
    },
    'an experiment that did not start': {
      evaluate: (statsig, unit) => statsig.getExperiment(user(unit), 'prestart').value,
      expected: expected('prestart', 'prestart', 'disabled', 'default'),
    },
    'a unit that is held out of an experiment': {
      evaluate: (statsig, unit) => statsig.getExperiment(user(unit), 'heldout').value,
      expected: expected('heldout', 'holdout-id', 'targeting_match', 'default'),
    },
    'a unit that is not in the experiment': {
      evaluate: (statsig, unit) => statsig.getExperiment(user(unit), 'outside').value,
      expected: expected('outside', 'layerAssignment', 'default', 'default'),
    },
    'a layer': {
      evaluate: (statsig, unit) => statsig.getLayer(user(unit), 'layer').get('color', ''),
      expected: expected('layer', 'layered:Test', 'split', 'assigned'),
    },
    'a layer without an experiment for the unit': {
      evaluate: (statsig, unit) => statsig.getLayer(user(unit), 'empty').get('color', ''),
      expected: expected('empty', 'default', 'default', 'default'),
    },
    'a parameter that is a boolean': {
      evaluate: (statsig, unit) => statsig.getParameterStore(user(unit), 'store').getValue('banner', false),
      expected: { key: 'store.banner', variant: 'true', reason: 'unknown', assignment: 'assigned' },
    },
    'a parameter that is a text': {
      evaluate: (statsig, unit) => statsig.getParameterStore(user(unit), 'store').getValue('color', ''),
      expected: { key: 'store.color', reason: 'unknown', assignment: 'assigned' },
    },
    'a parameter of a store that does not exist': {
      evaluate: (statsig, unit) => statsig.getParameterStore(user(unit), 'missing').getValue('on', true),
      expected: {
        key: 'missing.on',
        variant: 'true',
        reason: 'error',
        assignment: 'error',
        errorType: 'flag_not_found',
      },
    },
    'a local override': {
      start: async () => {
        const statsig = await startStatsig();
        statsig.overrideGate('boolean', false);
        return statsig;
      },
      evaluate: (statsig, unit) => statsig.getFeatureGate(user(unit), 'boolean').value,
      expected: { key: 'boolean', variant: 'false', reason: 'targeting_match', assignment: 'override' },
    },
  },
  without: { setId: "Statsig's results name no project." },
  notes: [
    'The key is the name of the gate, dynamic config, experiment or layer, and `store.parameter` for a parameter store; a gate and an experiment of one name are one flag, so give them different names.',
    "A gate's variant is `true` or `false`, an experiment's the name of its group, a dynamic config's the id of its rule; of a layer it is the experiment and its group, `experiment:group`. A unit outside an experiment has the id of the rule that left it out.",
    "An experiment read by `getDynamicConfig` has its rule's id as its variant, because only `getExperiment` tells the group: read it in one way.",
    '`checkGate` and parameter stores give the value alone: the reason is `unknown`, and there is no version. `checkGate` gives `false` for a gate that does not exist, and so does telltale; `getFeatureGate` tells them apart.',
    'A gate tells which rule matched and not what share of the units passes it, so a rollout is a `targeting_match` too.',
    'A layer counts when it is asked for, a parameter store when a parameter is read. `getClientInitializeResponse` serves clients, and does not count.',
    "The unit is the one by the evaluation's id type; `checkGate` and parameter stores take `userID`.",
  ],
};
