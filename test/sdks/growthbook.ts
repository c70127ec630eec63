import { type FeatureDefinitions, GrowthBookClient } from '@growthbook/growthbook';
import type { SdkCase, SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/growthbook.js');

/** A rule as GrowthBook sends it for an experiment of two. */
const experiment = (
  variations: readonly unknown[],
  names: readonly string[],
  weights: readonly number[],
) => ({
  key: 'palette',
  hashAttribute: 'id',
  hashVersion: 2,
  seed: 'palette',
  variations: [...variations],
  meta: names.map((name, index) => ({ key: String(index), name })),
  weights: [...weights],
});

const FEATURES: FeatureDefinitions = {
  boolean: { defaultValue: true },
  string: { defaultValue: 'navy', rules: [experiment(['navy', 'blue'], ['Control', 'Blue'], [0, 1])] },
  number: { defaultValue: 10, rules: [{ id: 'fr_large', force: 20 }] },
  object: { defaultValue: { columns: 2 } },
  split: { defaultValue: 'navy', rules: [experiment(['navy', 'blue'], ['Control', 'Blue'], [0.5, 0.5])] },
  named: {
    defaultValue: false,
    rules: [{ id: 'fr_testers', condition: { id: { $in: ['bob', 'ada@example.org'] } }, force: true }],
  },
  ruled: { defaultValue: false, rules: [{ id: 'fr_pro', condition: { plan: 'pro' }, force: true }] },
  rollout: {
    defaultValue: false,
    rules: [{ id: 'fr_half', coverage: 0.5, hashAttribute: 'id', force: true }],
  },
  parent: { defaultValue: false },
  gated: {
    defaultValue: true,
    rules: [{ parentConditions: [{ id: 'parent', condition: { value: true }, gate: true }], force: true }],
  },
};

const user = (id: string) => ({ attributes: { id } });

/** A feature with no experiment, in or out of a rollout by the unit's hash. */
const rollout = (id: string, variant: string): SdkCase<GrowthBookClient> => ({
  evaluate: (growthbook) => growthbook.isOn('rollout', user(id)),
  expected: { key: 'rollout', variant, reason: 'split', assignment: 'assigned' },
});

export const subject: SdkSubject<GrowthBookClient, Entry> = {
  title: 'GrowthBook',
  packages: ['@growthbook/growthbook'],
  entry: 'telltale/growthbook',
  line: 'observeGrowthBook(growthbook)',
  provider: 'GrowthBook',
  offline: 'a payload',
  start: async () => new GrowthBookClient().initSync({ payload: { features: FEATURES } }),
  stop: (growthbook) => growthbook.destroy(),
  attach: (growthbook, { observeGrowthBook }) => observeGrowthBook(growthbook),
  cases: {
    boolean: {
      evaluate: (growthbook, id) => growthbook.isOn('boolean', user(id)),
      expected: { key: 'boolean', variant: 'true', reason: 'static', assignment: 'default' },
    },
    string: {
      evaluate: (growthbook, id) => growthbook.getFeatureValue('string', 'none', user(id)),
      expected: { key: 'string', variant: 'Blue', reason: 'split', assignment: 'assigned' },
    },
    number: {
      evaluate: (growthbook, id) => growthbook.getFeatureValue('number', 0, user(id)),
      expected: { key: 'number', variant: 'fr_large', reason: 'static', assignment: 'default' },
    },
    object: {
      evaluate: (growthbook, id) => growthbook.evalFeature('object', user(id)).value,
      expected: { key: 'object', variant: '$default', reason: 'static', assignment: 'default' },
    },
    off: {
      impossible:
        'GrowthBook leaves a feature that is switched off out of its payload, as one that does not exist.',
    },
    override: {
      evaluate: (growthbook, id) => growthbook.isOn('named', user(id)),
      expected: { key: 'named', variant: 'true', reason: 'targeting_match', assignment: 'override' },
    },
    missing: {
      evaluate: (growthbook, id) => growthbook.getFeatureValue('missing', 'none', user(id)),
      expected: { key: 'missing', reason: 'error', assignment: 'error', errorType: 'flag_not_found' },
    },
    wrongType: {
      impossible: 'GrowthBook does not compare the type of a default with that of the value.',
    },
    notReady: {
      start: async () => new GrowthBookClient(),
      evaluate: (growthbook, id) => growthbook.isOn('boolean', user(id)),
      expected: { key: 'boolean', reason: 'error', assignment: 'error', errorType: 'provider_not_ready' },
    },
  },
  split: {
    evaluate: (growthbook, id) => growthbook.getFeatureValue('split', 'none', user(id)),
    expected: Object.fromEntries(
      [
        ['user-1', 'Control'],
        ['user-3', 'Blue'],
      ].map(([unit, variant]) => [unit, { key: 'split', variant, reason: 'split', assignment: 'assigned' }]),
    ),
  },
  more: {
    'a unit in a rollout': rollout('user-2', 'true'),
    'a unit that a rollout leaves out': rollout('user-1', 'false'),
    'a rollout of a user without the attribute': {
      evaluate: (growthbook) => growthbook.isOn('rollout', {}),
      expected: { key: 'rollout', variant: 'false', reason: 'default', assignment: 'default' },
    },
    'a rule that matches': {
      evaluate: (growthbook, id) => growthbook.isOn('ruled', { attributes: { id, plan: 'pro' } }),
      expected: { key: 'ruled', variant: 'true', reason: 'targeting_match', assignment: 'assigned' },
    },
    'no rule that matches': {
      evaluate: (growthbook, id) => growthbook.isOn('ruled', user(id)),
      expected: { key: 'ruled', variant: 'false', reason: 'default', assignment: 'default' },
    },
    'a prerequisite that fails': {
      evaluate: (growthbook, id) => growthbook.isOn('gated', user(id)),
      expected: { key: 'gated', reason: 'disabled', assignment: 'default' },
    },
    'a forced variation': {
      evaluate: (growthbook, id) =>
        growthbook.isOn('string', { ...user(id), forcedVariations: { palette: 0 } }),
      expected: { key: 'string', variant: 'Control', reason: 'static', assignment: 'override' },
    },
    'a forced value': {
      evaluate: (growthbook, id) =>
        growthbook.isOn('boolean', { ...user(id), forcedFeatureValues: new Map([['boolean', false]]) }),
      expected: { key: 'boolean', variant: 'false', reason: 'static', assignment: 'override' },
    },
    'a scoped instance': {
      evaluate: (growthbook, id) => growthbook.createScopedInstance(user(id)).isOn('boolean'),
      expected: { key: 'boolean', variant: 'true', reason: 'static', assignment: 'default' },
    },
    'an experiment of the code': {
      evaluate: (growthbook, id) =>
        growthbook.runInlineExperiment({ key: 'inline', variations: ['a', 'b'], weights: [0, 1] }, user(id)),
      expected: { key: 'inline', variant: '1', reason: 'split', assignment: 'assigned' },
    },
  },
  without: {
    setId: 'The payload of GrowthBook names no project or environment of a feature.',
    version: 'The payload of GrowthBook has no version of a feature.',
  },
  notes: [
    'A `GrowthBook`, or a `GrowthBookClient` with all its scoped instances, is observed.',
    "The variant is the name, else the key, of an experiment's variation; where a rule forces a value or the default applies, it is `true` or `false`, of other values the id of the rule or `$default`.",
    'The unit is the value of the attribute that a split hashes, else the attribute `id`.',
    'The reason of a forced value is read from its rule. A unit that a rollout without a condition leaves out counts as split; where it has one, as a default.',
    'The callback `onFeatureUsage` is not used: it leaves out values that code forces and, in a `GrowthBook` and in scoped instances, evaluations that repeat the last value.',
    'Prerequisites that GrowthBook evaluates for a feature are not counted, and neither are visual and redirect experiments.',
  ],
};
