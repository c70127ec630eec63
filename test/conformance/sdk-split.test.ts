import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SplitFactory } from '@splitsoftware/splitio';
import type { IAsyncSDK, IBrowserSDK } from '@splitsoftware/splitio/types/splitio.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/split.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/split.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { startRedis } from '../support/sdk-redis.js';
import { describeSdk } from '../support/sdk-suite.js';

const { observeSplit } = entry;

describeSdk(subject, entry);

describe('observeSplit', () => {
  const endings: (() => unknown)[] = [];
  let sdk: Sdk;

  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
    await sdk.points('feature_flag.evaluations');
  });

  async function startFactory(): ReturnType<typeof subject.start> {
    const factory = await subject.start();
    endings.push(() => subject.stop(factory));
    return factory;
  }

  /** key, variant and reason of all that was written. */
  const written = (): unknown[][] =>
    sdk.logs
      .getFinishedLogRecords()
      .map(({ attributes }) => [
        attributes['feature_flag.key'],
        attributes['feature_flag.result.variant'],
        attributes['feature_flag.result.reason'],
      ]);

  it.each(['getTreatments', 'getTreatmentsWithConfig'] as const)(
    'observes each flag of %s',
    async (method) => {
      const factory = await startFactory();
      const bare = factory.client()[method]('user-1', ['string', 'split', 'missing']);
      observeSplit(factory);
      expect(factory.client()[method]('user-1', ['string', 'split', 'missing'])).toEqual(bare);
      expect(written()).toEqual([
        ['string', 'blue', 'static'],
        ['split', 'blue', 'split'],
        ['missing', 'control', 'error'],
      ]);
    },
  );

  it('observes each flag of a set, one as several', async () => {
    const factory = await startFactory();
    observeSplit(factory);
    const client = factory.client();
    const results = [
      client.getTreatmentsByFlagSet('user-2', 'shop'),
      client.getTreatmentsByFlagSets('user-2', ['shop']),
      client.getTreatmentsWithConfigByFlagSet('user-2', 'shop'),
      client.getTreatmentsWithConfigByFlagSets('user-2', ['shop']),
    ];
    const flags = Object.keys(results[0] ?? {}).length;
    expect(flags).toBeGreaterThan(5);
    expect(written()).toHaveLength(4 * flags);
    expect(written().filter(([key]) => key === 'split')).toEqual(Array(4).fill(['split', 'green', 'split']));
  });

  it('finds one variant where one flag is asked in several ways', async () => {
    const factory = await startFactory();
    observeSplit(factory);
    const client = factory.client();
    await run('checkout', () => {
      client.getTreatment('user-1', 'split');
      client.getTreatmentWithConfig({ matchingKey: 'someone', bucketingKey: 'user-1' }, ' split ');
      client.getTreatments('user-1', ['split']);
    });
    const [span] = sdk.spans.getFinishedSpans();
    expect(span?.attributes).toEqual({ 'feature_flags.split': 'blue' });
  });

  it('tells a unit that is named from one that is not, where both have one treatment', async () => {
    const factory = await startFactory();
    observeSplit(factory);
    factory.client().getTreatment('bob', 'favoured');
    await run('checkout', () => factory.client().getTreatment('ada@example.org', 'favoured'));
    expect(written()).toEqual([
      ['favoured', 'on', 'default'],
      ['favoured', 'on', 'targeting_match'],
    ]);
  });

  it('tells a client alone only what needs no flag data', async () => {
    const factory = await startFactory();
    const client = factory.client();
    observeSplit(client);
    client.getTreatment('user-1', 'split');
    client.getTreatment('user-1', 'missing');
    expect(written()).toEqual([
      ['split', 'blue', 'unknown'],
      ['missing', 'control', 'error'],
    ]);
    expect(sdk.logs.getFinishedLogRecords()[0]?.attributes).not.toHaveProperty('feature_flag.version');
    expect(sdk.logs.getFinishedLogRecords()[1]?.attributes['error.type']).toBe('flag_not_found');
  });

  it('leaves the methods as they were once it is detached', async () => {
    const factory = await startFactory();
    const client = factory.client();
    const before = [factory, client].map((it) => Object.getOwnPropertyDescriptors(it));
    const detach = observeSplit(factory);
    expect([factory, client].map((it) => Object.getOwnPropertyDescriptors(it))).not.toEqual(before);
    detach();
    expect([factory, client].map((it) => Object.getOwnPropertyDescriptors(it))).toEqual(before);
  });

  it('bears what no type allows', async () => {
    const factory = await startFactory();
    observeSplit(factory);
    const client = factory.client();
    const getTreatment = client.getTreatment as (...args: unknown[]) => unknown;
    const getTreatments = client.getTreatments as (...args: unknown[]) => unknown;
    expect(getTreatment()).toBe('control');
    expect(getTreatment(null, 'boolean')).toBe('control');
    expect(getTreatment(7, 'boolean')).toBe('on');
    expect(getTreatment({ matchingKey: 'user-1' }, 'boolean')).toBe('control');
    expect(getTreatments('user-1', null)).toEqual({});
    expect(written()).toEqual([
      ['boolean', 'control', 'error'],
      ['boolean', 'on', 'static'],
      ['boolean', 'control', 'error'],
    ]);
  });

  it('follows the flags as they change', async () => {
    const { start } = subject.more?.['the localhost mode'] ?? {};
    const factory = await start?.();
    if (factory === undefined) throw new Error('The subject has no client in localhost mode.');
    endings.push(() => subject.stop(factory));
    observeSplit(factory);
    const client = factory.client();
    expect(client.getTreatment('bob', 'local')).toBe('off');
    const updated = new Promise((resolve) => client.once(client.Event.SDK_UPDATE, resolve));
    writeFileSync(String(factory.settings.features), '- local:\n    treatment: "on"\n');
    await updated;
    expect(client.getTreatment('bob', 'local')).toBe('on');
    expect(written()).toEqual([
      ['local', 'off', 'default'],
      ['local', 'on', 'static'],
    ]);
  });

  it('observes every client of a factory of the browser, each with its own key', async () => {
    const load = createRequire(import.meta.url);
    const browser = load('@splitsoftware/splitio/client') as typeof import('@splitsoftware/splitio');
    const factory: IBrowserSDK = browser.SplitFactory({
      core: { authorizationKey: 'localhost', key: 'main' },
      features: { banner: 'blue' },
    });
    endings.push(() => factory.destroy());
    const detach = observeSplit(factory);
    await factory.client().whenReady();
    const other = factory.client('other');
    await other.whenReady();
    expect(factory.client().getTreatment('banner')).toBe('blue');
    expect(factory.client('other')).toBe(other);
    await run('checkout', () => expect(other.getTreatments(['banner'])).toEqual({ banner: 'blue' }));
    expect(written()).toEqual(Array(2).fill(['banner', 'blue', 'unknown']));
    expect(await sdk.points('telltale.unit.operations')).toHaveLength(1);
    detach();
    other.getTreatment('banner');
    factory.client('third').getTreatment('banner');
    expect(written()).toHaveLength(2);
  });

  it('observes what Redis makes a promise, in the operation that asked', async () => {
    const conditions = [
      {
        matcherGroup: { combiner: 'AND', matchers: [{ matcherType: 'ALL_KEYS' }] },
        partitions: [{ treatment: 'blue', size: 100 }],
      },
    ];
    const definition = { name: 'banner', status: 'ACTIVE', defaultTreatment: 'off', conditions };
    const redis = await startRedis({ 'SPLITIO.split.banner': JSON.stringify(definition) });
    endings.push(redis.stop);
    const factory: IAsyncSDK = SplitFactory({
      core: { authorizationKey: 'redis' },
      mode: 'consumer',
      storage: { type: 'REDIS', options: { url: redis.path } },
    });
    endings.push(() => factory.destroy());
    await factory.client().whenReady();
    observeSplit(factory);
    await run('checkout', async () => {
      expect(await factory.client().getTreatment('user-1', 'banner')).toBe('blue');
      expect(await factory.client().getTreatment('user-1', 'missing')).toBe('control');
    });
    expect(written()).toEqual([
      ['banner', 'blue', 'unknown'],
      ['missing', 'control', 'error'],
    ]);
    expect(sdk.spans.getFinishedSpans()[0]?.attributes['feature_flags.banner']).toBe('blue');
  });
});
