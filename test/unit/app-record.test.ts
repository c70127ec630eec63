import { beforeEach, describe, expect, it } from 'vitest';
import type { FlagEvaluation } from '../../src/index.js';
import { type Fresh, fresh } from '../support/app-fresh.js';
import { breakContext, installSdk, type Sdk } from '../support/app-sdk.js';

let sdk: Sdk;
let app: Fresh;

beforeEach(async () => {
  sdk = installSdk();
  app = await fresh();
});

function records(): Record<string, unknown>[] {
  return sdk.logs.getFinishedLogRecords().map(({ attributes }) => ({ ...attributes }));
}

/** The assignment that the operation was measured with. */
async function assignmentOf(evaluation: FlagEvaluation): Promise<unknown> {
  app.telltale.run('job', () => app.telltale.record(evaluation));
  const [point] = await sdk.points('telltale.operation.duration');
  return point?.attributes['telltale.assignment'];
}

describe('record()', () => {
  it('writes all that it is told, on the record, the counter, the span and the operation', async () => {
    app.telltale.run('job', () => {
      app.telltale.record({
        key: 'cart-size',
        variant: 'large',
        value: 20,
        reason: 'SPLIT',
        provider: 'in-house',
        setId: 'shop',
        version: 7,
        targetingKey: 'ada@example.org',
      });
    });
    const counted = {
      'feature_flag.key': 'cart-size',
      'feature_flag.result.variant': 'large',
      'feature_flag.result.reason': 'split',
      'feature_flag.provider.name': 'in-house',
    };
    expect(records()).toEqual([{ ...counted, 'feature_flag.set.id': 'shop', 'feature_flag.version': '7' }]);
    const [point] = await sdk.points('feature_flag.evaluations');
    expect(point).toMatchObject({ value: 1, attributes: counted });
    const [span] = sdk.spans.getFinishedSpans();
    expect(span?.attributes['feature_flags.cart-size']).toBe('large');
    const [duration] = await sdk.points('telltale.operation.duration');
    expect(duration?.attributes).toMatchObject({
      'feature_flag.version': '7',
      'telltale.assignment': 'assigned',
    });
    expect(await sdk.points('telltale.unit.operations')).toHaveLength(1);
  });

  it('needs a key alone', () => {
    app.telltale.record({ key: 'flag' });
    expect(records()).toEqual([{ 'feature_flag.key': 'flag', 'feature_flag.result.reason': 'unknown' }]);
  });

  it('takes a boolean for its own name, and no other value', () => {
    app.telltale.record({ key: 'boolean', value: false });
    app.telltale.record({ key: 'text', value: 'ada@example.org' });
    expect(records().map((record) => record['feature_flag.result.variant'])).toEqual(['false', undefined]);
  });

  it.each([
    [{ reason: 'targeting_match' }, 'assigned'],
    [{ reason: 'static' }, 'default'],
    [{ reason: 'disabled' }, 'default'],
    [{ reason: 'error' }, 'error'],
    [{ errorType: 'flag_not_found', reason: 'default' }, 'error'],
    [{ reason: 'targeting_match', assignment: 'override' }, 'override'],
    [{}, 'assigned'],
  ] as const)('of %j is measured as %s', async (evaluation, assignment) => {
    expect(await assignmentOf({ key: 'flag', ...evaluation })).toBe(assignment);
  });

  it('says that it failed where there is an error type', () => {
    app.telltale.record({ key: 'flag', errorType: 'TYPE_MISMATCH', errorMessage: 'ada is no number' });
    expect(records()).toEqual([
      { 'feature_flag.key': 'flag', 'feature_flag.result.reason': 'error', 'error.type': 'type_mismatch' },
    ]);
  });

  it('does as configure() says', async () => {
    app = await fresh({ values: true, errorMessages: true, records: 'each' });
    app.telltale.run('job', () => {
      for (let i = 0; i < 2; i += 1) {
        app.telltale.record({ key: 'flag', value: 'navy', errorType: 'general', errorMessage: 'gone' });
      }
    });
    expect(records()).toHaveLength(2);
    expect(records()[0]).toMatchObject({
      'feature_flag.result.value': 'navy',
      'feature_flag.error.message': 'gone',
    });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'flag'],
    ['no key', {}],
    ['an empty key', { key: '' }],
    ['a number for a key', { key: 7 }],
    ['an object for a variant', { key: 'flag', variant: {} }],
    ['an empty variant', { key: 'flag', variant: '' }],
    ['an unknown assignment', { key: 'flag', assignment: 'chosen' }],
  ])('given %s writes nothing, throws nothing and counts it', (_what, given) => {
    app.telltale.record(given as unknown as FlagEvaluation);
    expect(records()).toEqual([]);
    expect(app.drops.dropCounts().get('malformed_evaluation')).toBe(1);
    expect(app.drops.dropCounts().get('fault')).toBeUndefined();
  });

  it('throws nothing where something inside breaks', () => {
    breakContext();
    app.telltale.record({ key: 'flag' });
    expect(app.drops.dropCounts().get('fault')).toBe(1);
  });
});
