import { basicLogger, createClient, type Hook, type LDClient } from '@launchdarkly/js-client-sdk';
import { beforeEach, describe, expect, it } from 'vitest';
import { observeLaunchDarkly, TelltaleHook } from '../../src/hooks/launchdarkly-web.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { newPage } from '../support/web-page.js';

let sdk: Sdk;
beforeEach(() => {
  newPage();
  sdk = installSdk();
});

/** A client that is not started, and so finds no flag. */
function clientOf(...hooks: Hook[]): LDClient {
  const logger = basicLogger({ level: 'none' });
  const options = { sendEvents: false, fetchGoals: false, streaming: false, logger, hooks };
  return createClient('client-side-id', { kind: 'user', key: 'ada@example.org' }, options);
}

const recordedKeys = (): unknown[] =>
  sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes['feature_flag.key']);

describe('TelltaleHook', () => {
  it('sees every evaluation of a client that is made with it', () => {
    const client = clientOf(new TelltaleHook());
    client.boolVariation('a', false);
    client.jsonVariationDetail('b', null);
    expect(recordedKeys()).toEqual(['a', 'b']);
  });

  it('writes once where it is there twice, and where the client is observed as well', () => {
    const client = clientOf(new TelltaleHook({ records: 'each' }), new TelltaleHook({ records: 'each' }));
    observeLaunchDarkly(client, { records: 'each' });
    client.variation('a');
    expect(recordedKeys()).toEqual(['a']);
  });

  it('has a name for the log, gives the data back as it came, and refuses unknown options', () => {
    const hook = new TelltaleHook();
    expect(hook.getMetadata()).toEqual({ name: 'telltale' });
    const data = {};
    const series = { flagKey: 'a', defaultValue: 1 };
    expect(hook.afterEvaluation(series, data, { value: 1, variationIndex: 0 })).toBe(data);
    // @ts-expect-error: what an application in JavaScript may do.
    expect(() => new TelltaleHook({ record: 'each' })).toThrow('TelltaleHook: there is no option "record"');
  });

  it('has an error without a kind as another error, and a kind of reason it does not know as it is', () => {
    const hook = new TelltaleHook({ records: 'each' });
    for (const kind of ['ERROR', 'NEW_KIND']) {
      hook.afterEvaluation({ flagKey: 'a', defaultValue: 1 }, {}, { value: 1, reason: { kind } });
    }
    const [error, other] = sdk.logs.getFinishedLogRecords().map(({ attributes }) => attributes);
    expect(error?.['error.type']).toBe('_OTHER');
    expect(other?.['feature_flag.result.reason']).toBe('new_kind');
  });
});

describe('observeLaunchDarkly', () => {
  it('keeps the options it was first given until it is detached', () => {
    const client = clientOf();
    const detach = observeLaunchDarkly(client, { records: 'each' });
    observeLaunchDarkly(client, { records: 'off' });
    client.variation('a');
    client.variation('a');
    expect(recordedKeys()).toEqual(['a', 'a']);
    detach();
    observeLaunchDarkly(client, { records: 'off' });
    // Of the first time: it is over, and stops nothing that came later.
    detach();
    client.variation('a');
    expect(recordedKeys()).toHaveLength(2);
    expect(Reflect.get(globalThis, Symbol.for('telltale.page.1')).size).toBe(1);
  });

  it('is still observing where it was attached again before an old function is called once more', () => {
    const client = clientOf();
    const detach = observeLaunchDarkly(client);
    detach();
    observeLaunchDarkly(client, { records: 'each' });
    detach();
    client.variation('a');
    expect(recordedKeys()).toEqual(['a']);
  });

  const LACKS = 'it has to have the methods variationDetail, allFlags, identify, addHook.';
  it.each([
    [null, `got null; ${LACKS}`],
    [undefined, `got undefined; ${LACKS}`],
    ['client', `got string; ${LACKS}`],
    [Promise.resolve(clientOf()), 'got a promise; wait for it first'],
    [
      { variationDetail() {}, allFlagsState() {} },
      "got a client of LaunchDarkly's Node server SDK; use `observeLaunchDarkly(client)` of 'telltale/launchdarkly'.",
    ],
  ])('refuses what is no client', (client, got) => {
    // @ts-expect-error: what an application in JavaScript may do.
    expect(() => observeLaunchDarkly(client)).toThrow(
      `observeLaunchDarkly: expected a client of LaunchDarkly's JavaScript client SDK, ${got}`,
    );
  });
});
