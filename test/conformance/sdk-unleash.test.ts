import { Unleash } from 'unleash-client';
import { expect, it } from 'vitest';
import { dropCounts } from '../../src/core/drops.js';
import * as entry from '../../src/hooks/unleash.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/unleash.js';
import { installSdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

it('measures the variant where a flag is asked whether it is on, and then for its variant', async () => {
  const sdk = installSdk();
  const unleash = await subject.start();
  entry.observeUnleash(unleash);
  run('job', () => {
    expect(unleash.isEnabled('string')).toBe(true);
    expect(unleash.getVariant('string').name).toBe('blue');
    expect(unleash.isEnabled('off')).toBe(false);
    expect(unleash.getVariant('off').name).toBe('disabled');
  });
  expect(sdk.spans.getFinishedSpans()[0]?.attributes).toMatchObject({
    'feature_flags.string': 'blue',
    'feature_flags.off': 'false',
  });
  await sdk.points('feature_flag.evaluations');
  subject.stop(unleash);
});

/** A client with one flag, as a server or a file has it. */
async function startWith(flag: object): Promise<Unleash> {
  const storageProvider = { get: async () => undefined, set: async () => {} };
  const bootstrap = { data: [{ name: 'flag', enabled: true, ...flag }] as never };
  const unleash = new Unleash({
    url: 'http://127.0.0.1:9/',
    appName: 'shop',
    disableMetrics: true,
    skipInstanceCountWarning: true,
    refreshInterval: 0,
    bootstrap,
    storageProvider,
  });
  unleash.on('error', () => {});
  unleash.on('warn', () => {});
  await new Promise((resolve) => unleash.once('synchronized', resolve));
  return unleash;
}

it.each([
  ['no variants', { strategies: [], variants: null }],
  ['a strategy without variants', { strategies: [{ name: 'default', variants: null }] }],
  [
    'no constraints',
    { strategies: [{ name: 'default', parameters: null, constraints: null, segments: null }] },
  ],
  ['no strategies', { strategies: null }],
  ['strategies that are no list', { strategies: {} }],
])('takes null where the flag has %s', async (_what, flag) => {
  const sdk = installSdk();
  const unleash = await startWith(flag);
  const bare = unleash.isEnabled('flag', { userId: 'ada' });
  entry.observeUnleash(unleash);
  expect(unleash.isEnabled('flag', { userId: 'ada' })).toBe(bare);
  expect(sdk.logs.getFinishedLogRecords()[0]?.attributes).toMatchObject({
    'feature_flag.key': 'flag',
    'feature_flag.result.variant': String(bare),
  });
  expect(dropCounts().get('fault')).toBeUndefined();
  // What nobody collected would reach the next test's provider.
  await sdk.points('feature_flag.evaluations');
  unleash.destroy();
});

const full = { name: 'flexibleRollout', parameters: { rollout: '100', stickiness: 'userId', groupId: 'g' } };
const half = { ...full, parameters: { ...full.parameters, rollout: '50' } };
const only = (more: object, ...values: string[]): object => ({
  contextName: 'userId',
  operator: 'IN',
  inverted: false,
  values,
  ...more,
});
const plan = { contextName: 'plan', operator: 'IN', inverted: false, values: ['pro'] };
const overridden = [
  { name: 'a', weight: 500, overrides: [{ contextName: 'userId', values: ['ada'] }] },
  { name: 'b', weight: 500 },
];

it.each([
  ['a constraint that lists the user', [{ ...full, constraints: [only({}, 'ada')] }, half], 'override'],
  ['a constraint that lists others', [{ ...full, constraints: [only({}, 'bob')] }, half], 'assigned'],
  [
    'a list that leaves the user out',
    [{ ...full, constraints: [only({ inverted: true }, 'ada')] }],
    'default',
  ],
  ['another operator', [{ ...full, constraints: [only({ operator: 'NOT_IN' }, 'ada')] }], 'default'],
  ['a share of those listed', [{ ...half, constraints: [only({}, 'ada', 'bob')] }], 'assigned'],
  ['a constraint that is not the only one', [{ ...full, constraints: [only({}, 'ada'), plan] }], 'default'],
])('tells users who are targeted individually: %s', async (_what, strategies, assignment) => {
  const sdk = installSdk();
  const unleash = await startWith({ strategies });
  entry.observeUnleash(unleash);
  await run('job', () => unleash.isEnabled('flag', { userId: 'ada' }));
  expect(await sdk.points('telltale.operation.duration')).toMatchObject([
    { attributes: { 'telltale.assignment': assignment } },
  ]);
  unleash.destroy();
});

it.each([
  ['ada', 'a', 'override'],
  ['user-4', 'b', 'assigned'],
])('tells a variant that lists its users: %s', async (userId, variant, assignment) => {
  const sdk = installSdk();
  const unleash = await startWith({ strategies: [], variants: overridden });
  entry.observeUnleash(unleash);
  await run('job', () => {
    unleash.isEnabled('flag', { userId });
    expect(unleash.getVariant('flag', { userId }).name).toBe(variant);
  });
  expect(await sdk.points('telltale.operation.duration')).toMatchObject([
    { attributes: { 'feature_flag.result.variant': variant, 'telltale.assignment': assignment } },
  ]);
  unleash.destroy();
});

it.each([
  ['needs another one', { strategies: [], dependencies: [{ feature: 'none' }] }, 'default'],
  ['hashes what nobody gave', { strategies: [full] }, 'default'],
  [
    'has a share by user alone',
    { strategies: [{ name: 'gradualRolloutUserId', parameters: { percentage: '100' } }] },
    'default',
  ],
])('is not static and off where the flag %s', async (_what, flag, reason) => {
  const sdk = installSdk();
  const unleash = await startWith(flag);
  entry.observeUnleash(unleash);
  expect(unleash.isEnabled('flag')).toBe(false);
  expect(sdk.logs.getFinishedLogRecords()[0]?.attributes).toMatchObject({
    'feature_flag.result.variant': 'false',
    'feature_flag.result.reason': reason,
  });
  await sdk.points('feature_flag.evaluations');
  unleash.destroy();
});

it('counts what a fallback function evaluates', async () => {
  const sdk = installSdk();
  const unleash = await startWith({ strategies: [] });
  entry.observeUnleash(unleash);
  expect(unleash.isEnabled('missing', {}, () => unleash.isEnabled('flag'))).toBe(true);
  const keys = sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes['feature_flag.key']);
  expect(keys).toEqual(['flag', 'missing']);
  await sdk.points('feature_flag.evaluations');
  unleash.destroy();
});

describeSdk(subject, entry);
