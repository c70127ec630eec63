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

describeSdk(subject, entry);
