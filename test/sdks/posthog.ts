import { PostHog, type PostHogFeatureFlag, type PostHogOptions } from 'posthog-node';
import type { Expected, SdkSubject } from './subject.js';

type Entry = typeof import('../../src/hooks/posthog.js');
type Filters = NonNullable<PostHogFeatureFlag['filters']>;

/** A release condition: for whom, and what share of them. */
const condition = (share: number, ...properties: NonNullable<Filters['groups']>[number]['properties']) => ({
  properties,
  rollout_percentage: share,
});
const shares = (blue: number, green: number): NonNullable<Filters['multivariate']> => ({
  variants: [
    { key: 'blue', rollout_percentage: blue },
    { key: 'green', rollout_percentage: green },
  ],
});
// Without a share, and with the variant named, PostHog makes no hash: thus its bare cost hides no other.
const everyone: Filters = { groups: [{ properties: [] }] };
const everyoneBlue: Filters = { multivariate: shares(50, 50), groups: [{ properties: [], variant: 'blue' }] };
const property = (key: string, value: string) => ({ key, type: 'person', operator: 'exact', value: [value] });

const FLAGS = Object.entries({
  boolean: everyone,
  string: everyoneBlue,
  object: { ...everyoneBlue, payloads: { blue: '{"columns":2}' } },
  whole: { multivariate: shares(100, 0), groups: [condition(100)] },
  off: everyone,
  rollout: { groups: [condition(1)] },
  named: { groups: [condition(100, property('distinct_id', 'ada@example.org'))] },
  ruled: { groups: [condition(100, property('plan', 'pro'))] },
  split: { multivariate: shares(50, 50), groups: [condition(100)] },
}).map(
  ([key, filters], index): PostHogFeatureFlag => ({
    id: index + 1,
    name: key,
    key,
    filters,
    active: key !== 'off',
    deleted: false,
    rollout_percentage: null,
    ensure_experience_continuity: false,
    experiment_set: [],
  }),
);

/** What PostHog's servers answer for flags. */
const REMOTE = {
  flags: Object.fromEntries(
    [
      { key: 'matched', enabled: true, code: 'condition_match' },
      { key: 'multivariate', enabled: true, variant: 'blue', code: 'condition_match' },
      { key: 'unmatched', enabled: false, code: 'no_condition_match' },
      { key: 'excluded', enabled: false, code: 'out_of_rollout_bound' },
      { key: 'enrolled', enabled: true, code: 'super_condition_value' },
    ].map(({ key, enabled, variant, code }, index) => [
      key,
      {
        key,
        enabled,
        variant,
        reason: { code, condition_index: 0, description: 'Why' },
        metadata: { id: index + 1, version: 3, payload: undefined, description: undefined },
      },
    ]),
  ),
  errorsWhileComputingFlags: false,
  requestId: 'request',
};

const ANSWER = {
  status: 200,
  body: null,
  headers: { get: () => null },
  text: async () => JSON.stringify(REMOTE),
  json: async () => REMOTE,
};

const OFFLINE: PostHogOptions = {
  host: 'http://posthog.invalid',
  // In place of PostHog's servers.
  fetch: async () => ANSWER,
  sendFeatureFlagEvent: false,
  strictLocalEvaluation: true,
  featureFlagsPollingInterval: null,
};

/** Evaluates locally. */
export async function startLocal(flags: PostHogFeatureFlag[] = FLAGS): Promise<PostHog> {
  const posthog = new PostHog('project-key', {
    ...OFFLINE,
    flagDefinitionCacheProvider: {
      getFlagDefinitions: () => ({ flags, groupTypeMapping: {}, cohorts: {} }),
      shouldFetchFlagDefinitions: () => false,
      onFlagDefinitionsReceived: () => {},
      shutdown: () => {},
    },
  });
  await posthog.reloadFeatureFlags();
  return posthog;
}

/** Evaluates remotely. */
export async function startRemote(): Promise<PostHog> {
  return new PostHog('project-key', { ...OFFLINE, strictLocalEvaluation: false });
}

const local = { onlyEvaluateLocally: true };

function expected(
  key: string,
  variant: string,
  reason: string,
  assignment: Expected['assignment'],
): Expected {
  return { key, variant, reason, assignment };
}

const failed = (key: string, errorType: string): Expected => ({
  key,
  reason: 'error',
  assignment: 'error',
  errorType,
});

export const subject: SdkSubject<PostHog, Entry> = {
  title: 'PostHog',
  packages: ['posthog-node'],
  entry: 'telltale/posthog',
  line: 'observePostHog(posthog)',
  provider: 'PostHog',
  offline:
    "local evaluation with definitions from a cache provider, and a `fetch` that answers in place of PostHog's servers",
  start: startLocal,
  stop: (posthog) => posthog.shutdown(),
  attach: (posthog, { observePostHog }) => observePostHog(posthog),
  cases: {
    boolean: {
      evaluate: (posthog, unit) => posthog.isFeatureEnabled('boolean', unit),
      expected: expected('boolean', 'true', 'static', 'default'),
    },
    string: {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('string', unit),
      expected: expected('string', 'blue', 'static', 'default'),
    },
    number: { impossible: 'A flag of PostHog is a boolean or a text.' },
    object: {
      evaluate: (posthog, unit) => posthog.getFeatureFlagPayload('object', unit),
      expected: expected('object', 'blue', 'static', 'default'),
    },
    off: {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('off', unit),
      expected: expected('off', 'false', 'disabled', 'default'),
    },
    override: {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('named', unit),
      expected: expected('named', 'true', 'targeting_match', 'override'),
    },
    missing: {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('missing', unit),
      expected: failed('missing', 'flag_not_found'),
    },
    wrongType: { impossible: 'A flag of PostHog has no type: each is on or off, and may have variants.' },
    notReady: {
      start: () => startLocal([]),
      evaluate: (posthog, unit) => posthog.getFeatureFlag('boolean', unit),
      expected: failed('boolean', 'provider_not_ready'),
    },
  },
  split: {
    evaluate: (posthog, unit) => posthog.getFeatureFlag('split', unit),
    expected: {
      'user-1': expected('split', 'blue', 'split', 'assigned'),
      'user-2': expected('split', 'green', 'split', 'assigned'),
    },
  },
  more: {
    'the whole result': {
      evaluate: (posthog, unit) => posthog.getFeatureFlagResult('object', unit),
      expected: expected('object', 'blue', 'static', 'default'),
    },
    'a flag read from a snapshot': {
      evaluate: async (posthog, unit) => (await posthog.evaluateFlags(unit)).getFlag('string'),
      expected: expected('string', 'blue', 'static', 'default'),
    },
    'a multivariate flag that is only asked whether it is on': {
      evaluate: async (posthog, unit) => (await posthog.evaluateFlags(unit)).isEnabled('string'),
      expected: expected('string', 'blue', 'static', 'default'),
    },
    'a flag that a snapshot does not have': {
      evaluate: async (posthog, unit) => (await posthog.evaluateFlags(unit)).isEnabled('missing'),
      expected: failed('missing', 'flag_not_found'),
    },
    'a rollout of one variant to everyone': {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('whole', unit),
      expected: expected('whole', 'blue', 'static', 'default'),
    },
    'a rollout to some': {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('rollout', unit),
      expected: expected('rollout', 'false', 'split', 'assigned'),
    },
    'a rule that matches': {
      evaluate: (posthog, unit) =>
        posthog.getFeatureFlag('ruled', unit, { ...local, personProperties: { plan: 'pro' } }),
      expected: expected('ruled', 'true', 'targeting_match', 'assigned'),
    },
    'no rule that matches': {
      evaluate: (posthog, unit) =>
        posthog.getFeatureFlag('ruled', unit, { ...local, personProperties: { plan: 'free' } }),
      expected: expected('ruled', 'false', 'default', 'default'),
    },
    'a rule that cannot be evaluated locally': {
      evaluate: (posthog, unit) => posthog.getFeatureFlag('ruled', unit),
      expected: failed('ruled', 'general'),
    },
    'an override': {
      start: async () => {
        const posthog = await startLocal();
        posthog.overrideFeatureFlags({ string: 'green' });
        return posthog;
      },
      evaluate: (posthog, unit) => posthog.getFeatureFlag('string', unit),
      expected: expected('string', 'green', 'targeting_match', 'override'),
    },
    'a flag that is evaluated remotely': {
      start: startRemote,
      evaluate: (posthog, unit) => posthog.getFeatureFlag('multivariate', unit),
      expected: expected('multivariate', 'blue', 'split', 'assigned'),
    },
    'a flag of a remote snapshot, with its version': {
      start: startRemote,
      evaluate: async (posthog, unit) => (await posthog.evaluateFlags(unit)).getFlag('multivariate'),
      expected: { ...expected('multivariate', 'blue', 'unknown', 'assigned'), version: '3' },
    },
  },
  without: { setId: "PostHog's results name no project." },
  notes: [
    'The variant is its name, or `true` and `false`; `isFeatureEnabled` of a flag with variants has the name too.',
    'Of `evaluateFlags` a flag counts when `isEnabled`, `getFlag` or `getFlagPayload` reads it from the snapshot. Flags that `capture` evaluates to send them with an event do not count.',
    "For a flag that is evaluated remotely, the reason is the one of PostHog's servers, which posthog-node tells from 5.54 on; snapshots and `getAllFlags` do not keep it, so there it is `unknown`. For a flag that is evaluated locally it is read from the flag's definition.",
    'The version is told by the snapshots of remotely evaluated flags alone.',
    'A flag without a result is `flag_not_found` where local definitions are loaded and do not have it. Otherwise it is `general`, because PostHog gives nothing both for a flag that it does not know and where it cannot ask its servers.',
    'A flag that PostHog overrides (`overrideFeatureFlags`), and a condition for one distinct id, are an `override`.',
  ],
};
