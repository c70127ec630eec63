import type { LDClient } from '@launchdarkly/node-server-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observeLaunchDarkly, TelltaleHook } from '../../src/hooks/launchdarkly.js';
import { readyClient } from '../support/app-launchdarkly.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';

const ADA = { kind: 'user', key: 'ada@example.org' };

let sdk: Sdk;
beforeEach(() => {
  sdk = installSdk();
});

const variants = (): unknown[] =>
  sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes?.['feature_flag.result.variant']);

describe('names of variations', () => {
  it('are read by their index', async () => {
    const client = await readyClient(new TelltaleHook({ variations: { string: ['control', 'treatment'] } }));
    await client.variation('string', ADA, 'none');
    expect(variants()).toEqual(['treatment']);
  });

  it('leave the index where there are too few, and of other flags', async () => {
    const variations = { string: ['control'], constructor: ['no'], ['__proto__']: ['no', 'no more'] };
    const client = await readyClient(new TelltaleHook({ variations }));
    for (const key of ['string', 'json']) await client.variation(key, ADA, 'none');
    expect(variants()).toEqual(['1', '1']);
  });

  it('are not given to what is no variation', async () => {
    const variations = { missing: ['control'], 'off-without': ['on', 'off'] };
    const client = await readyClient(new TelltaleHook({ variations }));
    for (const key of ['missing', 'off-without']) await client.variation(key, ADA, false);
    expect(variants()).toEqual(['false', 'false']);
  });

  it('stay as they were given', async () => {
    const names = ['control', 'treatment'];
    const client = await readyClient(new TelltaleHook({ variations: { string: names } }));
    names[1] = 'changed';
    await client.variation('string', ADA, 'none');
    expect(variants()).toEqual(['treatment']);
  });
});

describe('names that are wrong', () => {
  let client: LDClient;
  beforeEach(async () => {
    client = await readyClient();
  });
  afterEach(() => client.close());

  const aList = 'has to be a list of names, in the order of the flag in LaunchDarkly, got';
  // A hole, as a comma too many makes it.
  const withHole: string[] = ['control'];
  withHole[2] = 'treatment';
  it.each([
    [null, 'has to be an object with a list of names for each flag key, got null.'],
    [['control'], 'has to be an object with a list of names for each flag key, got ["control"].'],
    [{ string: 'control' }, `["string"] ${aList} "control".`],
    [{ string: ['control', 1] }, `["string"] ${aList} ["control",1].`],
    [{ string: ['control', ''] }, `["string"] ${aList} ["control",""].`],
    [{ string: withHole }, `["string"] ${aList} ["control",null,"treatment"].`],
    [{ string: ['on', 'on'] }, '["string"] has to be a list of names that all differ, got ["on","on"].'],
  ])('%j are refused at once', (given, message) => {
    const variations = given as never;
    const option = message.startsWith('[') ? 'option "variations"' : 'option "variations" ';
    expect(() => new TelltaleHook({ variations })).toThrow(`TelltaleHook: ${option}${message}`);
    expect(() => observeLaunchDarkly(client, { variations })).toThrow(
      `observeLaunchDarkly: ${option}${message}`,
    );
  });
});
