import { FliptClient } from '@flipt-io/flipt-client-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as entry from '../../src/hooks/flipt.js';
import { kindOf } from '../../src/hooks/sdk-kinds.js';
import { run } from '../../src/index.js';
import { subject } from '../sdks/flipt.js';
import { installSdk, type Sdk } from '../support/app-sdk.js';
import { describeSdk } from '../support/sdk-suite.js';

describeSdk(subject, entry);

const { observeFlipt } = entry;
const context = {};

describe('Flipt', () => {
  let sdk: Sdk;
  let client: Awaited<ReturnType<typeof subject.start>>;
  beforeEach(async () => {
    sdk = installSdk();
    client = await subject.start();
  });
  afterEach(() => client.close());

  const records = (): Record<string, unknown>[] =>
    sdk.logs.getFinishedLogRecords().map(({ attributes }) => ({ ...attributes }));

  it('is known by its shape', () => {
    expect(kindOf(client)?.name).toBe('a Flipt client');
  });

  it('takes a batch as an evaluation of each flag in it, which agrees with the single ones', () => {
    observeFlipt(client);
    const requests = [
      { flagKey: 'boolean', entityId: 'user-1', context },
      { flagKey: 'missing', entityId: 'user-1', context },
      { flagKey: 'split', entityId: 'user-1', context },
      { flagKey: 'off', entityId: 'user-1', context },
    ];
    run('batch', () => {
      expect(client.evaluateBatch(requests).responses).toHaveLength(4);
      client.evaluateVariant({ flagKey: 'split', entityId: 'user-1', context });
      client.evaluateVariant({ flagKey: 'off', entityId: 'user-1', context });
    });
    expect(records().map((one) => [one['feature_flag.key'], one['feature_flag.result.reason']])).toEqual([
      ['boolean', 'static'],
      ['missing', 'error'],
      ['split', 'split'],
      ['off', 'disabled'],
    ]);
    expect(records()[1]).toMatchObject({ 'error.type': 'flag_not_found' });
    expect(sdk.spans.getFinishedSpans()[0]?.attributes).toMatchObject({
      'feature_flags.boolean': 'true',
      'feature_flags.split': 'blue',
      'feature_flags.off': 'false',
    });
  });

  it.each([
    ['no request', undefined, []],
    ['no key', { entityId: 'ada', context }, []],
    ['a number as the entity', { flagKey: 'boolean', entityId: 5, context }, ['targeting_key_missing']],
    ['no context', { flagKey: 'boolean', entityId: 'ada', context: null }, ['invalid_context']],
    ['a number in the context', { flagKey: 'ruled', entityId: 'ada', context: { plan: 5 } }, ['general']],
  ])('fails as the SDK alone with %s', (_name, request, errorTypes) => {
    const evaluate = (): unknown => Reflect.apply(client.evaluateBoolean, client, [request]);
    const batch = (): unknown => Reflect.apply(client.evaluateBatch, client, [[request]]);
    const bare = [thrownBy(evaluate), thrownBy(batch)];
    observeFlipt(client);
    expect(thrownBy(evaluate)).toEqual(bare[0]);
    expect(bare[0]).toBeInstanceOf(Error);
    expect(records().map((one) => one['error.type'])).toEqual(errorTypes);
    expect(thrownBy(batch)).toEqual(bare[1]);
  });

  it('writes a failed batch as a failure of each flag in it', () => {
    observeFlipt(client);
    const ask = (flagKey: string, plan: unknown): unknown => ({
      flagKey,
      entityId: 'ada',
      context: { plan },
    });
    const requests = [ask('boolean', 'pro'), ask('ruled', 5)];
    expect(() => Reflect.apply(client.evaluateBatch, client, [requests])).toThrow();
    expect(() => Reflect.apply(client.evaluateBatch, client, [undefined])).toThrow();
    expect(records().map((one) => [one['feature_flag.key'], one['error.type']])).toEqual([
      ['boolean', 'general'],
      ['ruled', 'general'],
    ]);
  });

  it('reads the rules anew after a refresh', async () => {
    const flag = {
      key: 'moved',
      description: '',
      name: '',
      type: 'BOOLEAN_FLAG_TYPE',
      enabled: false,
      rules: [],
    };
    let rollouts: object[] = [];
    const moving = await FliptClient.init({
      updateInterval: 0,
      fetcher: async () => Response.json({ namespace: { key: 'default' }, flags: [{ ...flag, rollouts }] }),
    });
    observeFlipt(moving);
    const evaluate = (): unknown => moving.evaluateBoolean({ flagKey: 'moved', entityId: 'ada', context });
    evaluate();
    rollouts = [{ type: 'THRESHOLD_ROLLOUT_TYPE', rank: 1, threshold: { percentage: 50, value: true } }];
    expect(await moving.refresh()).toBe(true);
    evaluate();
    expect(records().map((one) => one['feature_flag.result.reason'])).toEqual(['static', 'split']);
    moving.close();
  });

  it('tells the rules of one flag apart by their segments', async () => {
    const segment = (key: string, property: string): object => ({
      key,
      matchType: 'ALL_SEGMENT_MATCH_TYPE',
      constraints: [{ type: 'STRING_CONSTRAINT_COMPARISON_TYPE', property, operator: 'eq', value: 'yes' }],
    });
    const rule = (
      rank: number,
      operator: string,
      segments: object[],
      variants: readonly string[],
    ): object => ({
      id: `rule-${rank}`,
      rank,
      segmentOperator: operator,
      segments,
      distributions: variants.map((variantKey) => ({ variantKey, variantAttachment: '', rollout: 50 })),
    });
    const a = segment('a', 'a');
    const b = segment('b', 'b');
    const flag = {
      key: 'rules',
      name: '',
      description: '',
      type: 'VARIANT_FLAG_TYPE',
      enabled: true,
      rollouts: [],
      rules: [
        rule(1, 'AND_SEGMENT_OPERATOR', [a, b], ['both']),
        rule(2, 'OR_SEGMENT_OPERATOR', [b], ['blue', 'green']),
        rule(3, 'OR_SEGMENT_OPERATOR', [a, b], ['one']),
      ],
    };
    const ruled = await FliptClient.init({
      updateInterval: 0,
      fetcher: async () => Response.json({ namespace: { key: 'default' }, flags: [flag] }),
    });
    observeFlipt(ruled);
    const reasons = [{ a: 'yes', b: 'yes' }, { b: 'yes' }, { a: 'yes' }, {}].map((given) => {
      ruled.evaluateVariant({ flagKey: 'rules', entityId: 'ada', context: given as Record<string, string> });
      return records().at(-1)?.['feature_flag.result.reason'];
    });
    expect(reasons).toEqual(['targeting_match', 'split', 'targeting_match', 'default']);
    ruled.close();
  });
});

function thrownBy(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch (error) {
    return error;
  }
}
