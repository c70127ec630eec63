import { createHash } from 'node:crypto';
import { getClient, type IConfigCatClient, PollingMode } from '@configcat/sdk';
import * as older from 'configcat-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/configcat.js';
import { run } from '../../src/index.js';
import { CACHED_CONFIG, nextSdkKey, subject } from '../sdks/configcat.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

const { observeConfigCat } = entry;

let sdk: Sdk;

/** Evaluations by key, variant and reason. */
async function counted(): Promise<Record<string, number>> {
  const points = await sdk.points('feature_flag.evaluations');
  return Object.fromEntries(
    points.map(({ attributes, value }) => [
      ['feature_flag.key', 'feature_flag.result.variant', 'error.type', 'feature_flag.result.reason']
        .map((name) => attributes[name] ?? '-')
        .join(' '),
      Number(value),
    ]),
  );
}

/** As ConfigCat hashes values of conditions on the setting `flag`. */
function hashOf(value: string): string {
  return createHash('sha256').update(`${value}saltflag`).digest('hex');
}

function install(): void {
  beforeEach(() => {
    sdk = installSdk();
  });
  afterEach(() => counted());
}

/** A config with a flag whose percentage options go by another attribute than the identifier. */
function shareBy(attribute: string, key: string): string {
  const options = ['on', 'off'].map((i) => ({ p: 50, v: { b: i === 'on' }, i }));
  const flag = { t: 0, v: { b: false }, i: 'none', a: attribute, p: options };
  return `1760000000000\netag\n${JSON.stringify({ p: { u: '', r: 0, s: 'salt' }, f: { [key]: flag } })}`;
}

/** The buckets of the units that were counted, which differ for these three. */
async function bucketsOf(evaluate: (user: object) => Promise<unknown>): Promise<number> {
  for (const identifier of ['ada', 'bob', 'eve']) {
    const user = { identifier, email: 'ops@example.org', country: 'UK', custom: { company: 42 } };
    await run('share', () => evaluate(user));
  }
  const points = await sdk.points('telltale.unit.operations');
  return new Set(points.map(({ attributes }) => attributes['telltale.unit.bucket'])).size;
}

const UNITS: [string, number][] = [
  ['company', 1],
  ['Email', 1],
  ['Country', 1],
  ['Identifier', 3],
];

const ALL = {
  'boolean b0000001 - static': 1,
  'string 50000001 - static': 1,
  'number 20000001 - static': 1,
  'split 5a000001 - split': 1,
  'full f0000001 - static': 1,
  'ruled c0000000 - default': 1,
};

describe('a ConfigCat client', () => {
  install();
  let client: IConfigCatClient;

  beforeEach(async () => {
    client = await subject.start();
  });
  afterEach(() => client.dispose());

  it.each(['getAllValuesAsync', 'getAllValueDetailsAsync'] as const)(
    'counts every flag of %s',
    async (all) => {
      observeConfigCat(client);
      await run('all', () => client[all]({ identifier: 'user-1' }));
      expect(await counted()).toEqual({ ...ALL, 'broken - parse_error error': 1 });
      expect(sdk.spans.getFinishedSpans()[0]?.attributes).toMatchObject({
        'feature_flags.split': '5a000001',
      });
    },
  );

  it('counts what a snapshot evaluates, in the operation that it is asked in', async () => {
    const before = client.snapshot();
    const detach = observeConfigCat(client);
    await run('snapshot', () => {
      before.getValue('boolean', false);
      client.snapshot().getValueDetails('split', '', { identifier: 'user-4' });
    });
    detach();
    before.getValue('boolean', false);
    expect(await counted()).toEqual({ 'boolean b0000001 - static': 1, 'split 5a000002 - split': 1 });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toEqual(
      expect.objectContaining({ 'feature_flags.boolean': 'b0000001', 'feature_flags.split': '5a000002' }),
    );
  });

  it('evaluates for the default user, and for none', async () => {
    observeConfigCat(client);
    client.setDefaultUser({ identifier: 'ada@example.org' });
    await run('default user', () => client.getValueAsync('ruled', false));
    expect(await sdk.points('telltale.unit.operations')).toHaveLength(1);
    client.clearDefaultUser();
    await client.getValueAsync('ruled', false, null as never);
    expect(await counted()).toEqual({
      'ruled c0000001 - targeting_match': 1,
      'ruled c0000000 - default': 1,
    });
  });

  it.each([
    ['is one of', { a: 'Identifier', c: 0, l: ['ada'] }, 'override'],
    ['is one of, hashed', { a: 'Identifier', c: 16, l: [hashOf('ada')] }, 'override'],
    ['equals', { a: 'Identifier', c: 28, s: 'ada' }, 'override'],
    ['equals, hashed', { a: 'Identifier', c: 20, s: hashOf('ada') }, 'override'],
    ['an e-mail address', { a: 'Email', c: 28, s: 'ada@example.org' }, 'override'],
    ['is none of', { a: 'Identifier', c: 1, l: ['bob'] }, 'assigned'],
    ['another attribute', { a: 'Country', c: 28, s: 'UK' }, 'assigned'],
  ])('tells a condition on users apart: %s', async (_what, condition, assignment) => {
    const rule = { c: [{ u: condition }], s: { v: { b: true }, i: 'a' } };
    const config = {
      p: { u: '', r: 0, s: 'salt' },
      f: { flag: { t: 0, v: { b: false }, i: 'b', r: [rule] } },
    };
    const cache = { get: () => `1760000000000\netag\n${JSON.stringify(config)}`, set: () => {} };
    const targeting = getClient(nextSdkKey(), PollingMode.ManualPoll, { cache, offline: true });
    await targeting.waitForReady();
    observeConfigCat(targeting);
    const user = { identifier: 'ada', email: 'ada@example.org', country: 'UK' };
    await run('targeting', () => targeting.getValueAsync('flag', false, user));
    targeting.dispose();
    expect(await sdk.points('telltale.operation.duration')).toMatchObject([
      { attributes: { 'feature_flag.result.variant': 'a', 'telltale.assignment': assignment } },
    ]);
  });

  it.each(UNITS)('counts the unit that percentage options go by: %s', async (attribute, units) => {
    const cache = { get: () => shareBy(attribute, `by ${attribute}`), set: () => {} };
    const sharing = getClient(nextSdkKey(), PollingMode.ManualPoll, { cache, offline: true });
    await sharing.waitForReady();
    observeConfigCat(sharing);
    expect(await bucketsOf((user) => sharing.getValueAsync(`by ${attribute}`, false, user as never))).toBe(
      units,
    );
    sharing.dispose();
  });

  it('writes the message of an error where that is wanted', async () => {
    observeConfigCat(client, { errorMessages: true });
    await client.getValueAsync('missing', false);
    expect(sdk.logs.getFinishedLogRecords()[0]?.attributes['feature_flag.error.message']).toMatch(
      /'missing'/,
    );
  });

  it('leaves listeners of the application alone', async () => {
    const seen: string[] = [];
    client.on('flagEvaluated', ({ key }) => seen.push(key));
    const detach = observeConfigCat(client);
    await client.getValueAsync('boolean', false);
    detach();
    await client.getValueAsync('boolean', false);
    expect(seen).toEqual(['boolean', 'boolean']);
    expect(client.listenerCount('flagEvaluated')).toBe(1);
    expect(await counted()).toEqual({ 'boolean b0000001 - static': 1 });
  });

  it('throws what ConfigCat throws, and counts nothing', async () => {
    observeConfigCat(client);
    await expect(client.getValueAsync(undefined as never, false)).rejects.toThrow();
    await expect(client.getValueAsync('boolean', {} as never)).rejects.toThrow();
    expect(await counted()).toEqual({});
  });

  it('observes the one client that a key has', () => {
    const key = nextSdkKey();
    const detach = observeConfigCat(getClient(key, undefined, { offline: true }));
    expect(observeConfigCat(getClient(key))).toBe(detach);
    getClient(key).dispose();
  });
});

describe('a client of configcat-node', () => {
  install();
  const clients: older.IConfigCatClient[] = [];

  async function start(cached = CACHED_CONFIG): Promise<older.IConfigCatClient> {
    const client = older.getClient(nextSdkKey(), older.PollingMode.ManualPoll, {
      cache: { get: () => cached, set: () => {} },
      logger: older.createConsoleLogger(older.LogLevel.Off),
      offline: true,
    });
    clients.push(client);
    await client.waitForReady();
    return client;
  }

  /** Its own identifier is its address. */
  function user(identifier: string, plan = 'free'): older.User {
    return new older.User(identifier, identifier, undefined, { plan });
  }

  afterEach(() => {
    for (const client of clients.splice(0)) client.dispose();
  });

  const someone = user('a');
  it.each([
    ['boolean', false, someone, 'boolean b0000001 - static', 'default'],
    ['ruled', false, user('bob'), 'ruled c0000001 - targeting_match', 'override'],
    ['ruled', false, user('a', 'pro'), 'ruled c0000001 - targeting_match', 'assigned'],
    ['ruled', false, user('a@example.org'), 'ruled c0000001 - targeting_match', 'assigned'],
    ['ruled', false, user('a', 'trial'), 'ruled c0000001 - split', 'assigned'],
    ['ruled', false, someone, 'ruled c0000000 - default', 'default'],
    ['split', '', user('user-4'), 'split 5a000002 - split', 'assigned'],
    ['full', false, someone, 'full f0000001 - static', 'default'],
    ['missing', true, someone, 'missing true flag_not_found error', 'error'],
    ['boolean', '', someone, 'boolean - type_mismatch error', 'error'],
    ['broken', true, someone, 'broken true general error', 'error'],
  ])('tells what decided: %s, %s, %o', async (key, value, who, told, assignment) => {
    const client = await start();
    observeConfigCat(client);
    await run('older', () => client.getValueAsync<boolean | string>(key, value, who));
    expect(await counted()).toEqual({ [told]: 1 });
    expect(await sdk.points('telltale.operation.duration')).toMatchObject([
      { attributes: { 'telltale.assignment': assignment } },
    ]);
  });

  it.each(UNITS)('counts the unit that percentage options go by: %s', async (attribute, units) => {
    const client = await start(shareBy(attribute, `older by ${attribute}`));
    observeConfigCat(client);
    expect(
      await bucketsOf((user) => client.getValueAsync(`older by ${attribute}`, false, user as older.User)),
    ).toBe(units);
  });

  it('tells a flag that is missing from a client that has none', async () => {
    const client = await start('');
    observeConfigCat(client);
    await client.getValueAsync('boolean', false);
    client.snapshot().getValue('boolean', false);
    expect(await counted()).toEqual({ 'boolean false provider_not_ready error': 2 });
  });

  it('counts every flag of a bulk call, and what a snapshot evaluates', async () => {
    const client = await start();
    observeConfigCat(client);
    await client.getAllValuesAsync(user('user-1'));
    client.snapshot().getValue('number', 0);
    expect(await counted()).toEqual({
      ...ALL,
      'number 20000001 - static': 2,
      'broken - general error': 1,
    });
  });

  it('keeps operations at once apart, and counts the unit', async () => {
    const client = await start();
    const detach = observeConfigCat(client);
    await Promise.all(
      ['user-1', 'user-4'].map((identifier) =>
        run(identifier, async () => {
          await new Promise(setImmediate);
          await client.getValueAsync('split', '', user(identifier));
        }),
      ),
    );
    detach();
    await client.getValueAsync('split', '');
    const spans = sdk.spans
      .getFinishedSpans()
      .map(({ name, attributes }) => [name, attributes['feature_flags.split']]);
    expect(Object.fromEntries(spans)).toEqual({ 'user-1': '5a000001', 'user-4': '5a000002' });
    expect(await sdk.points('telltale.unit.operations')).toHaveLength(2);
    expect(await counted()).toEqual({ 'split 5a000001 - split': 1, 'split 5a000002 - split': 1 });
  });
});

describeSdk(subject, entry);
