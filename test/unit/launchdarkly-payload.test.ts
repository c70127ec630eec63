import { describe, expect, test } from 'vitest';
import { launchDarklyChanges } from '../../src/server/launchdarkly-payload.js';
import { launchDarklyPayload, rollout, version } from '../support/launchdarkly-payload.js';

const changes = (told: Record<string, unknown> = {}) => launchDarklyChanges(launchDarklyPayload('f', told));
const sharesAfter = (production: Record<string, unknown>) =>
  changes({ currentVersion: version(production) })[0]?.shares;

describe('what a payload tells', () => {
  test('one change for each environment that something was done in', () => {
    const resource = (environment: string) => `proj/default:env/${environment};tag-a:flag/f;tag-b,tag-c`;
    const told = changes({
      accesses: [
        { action: 'createFlag', resource: resource('test') },
        { action: 'createFlag', resource: resource('production') },
        { action: 'updateOn', resource: resource('production') },
        { action: 'updateOn', resource: resource('*') },
      ],
    });
    expect(told.map(({ environment, flag }) => [environment, flag])).toEqual([
      ['test', 'f'],
      ['production', 'f'],
      ['', 'f'],
    ]);
  });

  test('nothing where nobody gets another variation, and nothing of what is no flag', () => {
    const resource = 'proj/default:env/production:flag/f';
    expect(changes({ accesses: [{ action: 'updateTags', resource }] })).toEqual([]);
    expect(
      changes({
        accesses: [
          { action: 'updateName', resource },
          { action: 'updateRules', resource },
        ],
      }),
    ).toHaveLength(1);
    expect(changes({ accesses: [{ action: 'somethingNew', resource }] })).toHaveLength(1);
    expect(changes({ accesses: [{ action: 'updateName', resource: 'proj/default:env/test' }] })).toEqual([]);
    expect(changes({ kind: 'environment' })).toEqual([]);
    for (const accesses of [undefined, 'all', [null, 7, {}]]) expect(changes({ accesses })).toEqual([]);
  });

  test('shares, of the default rule alone', () => {
    expect(sharesAfter({ fallthrough: { variation: 0 } })).toEqual({ 0: 1 });
    expect(sharesAfter({ fallthrough: rollout(25_000, 75_000) })).toEqual({ 0: 0.25, 1: 0.75 });
    expect(sharesAfter({ on: false })).toEqual({ 1: 1 });
    expect(sharesAfter({ on: false, offVariation: undefined })).toBeNull();
    // A rule gives those it matches another split: the shares of all are not known.
    expect(sharesAfter({ rules: [{ variation: 0 }] })).toBeNull();
    for (const fallthrough of [undefined, {}, { variation: -1 }, rollout(0, 0), rollout(1, Number.NaN)]) {
      expect(sharesAfter({ fallthrough })).toBeNull();
    }
  });

  test('without the versions of the flag, that it changed', () => {
    expect(changes({ currentVersion: undefined, previousVersion: undefined })).toEqual([
      expect.objectContaining({ shares: null, sharesBefore: null, version: '', variations: [] }),
    ]);
  });

  test('names of variations, unless two have the same', () => {
    const named = (...variations: unknown[]) =>
      changes({ currentVersion: { ...version({}), variations } })[0]?.variations;
    expect(named({ name: 'on', value: 1 }, { value: false })).toEqual(['on', 'false']);
    expect(named({ value: {} }, { value: {} })).toEqual([]);
  });

  test('texts fit for a terminal', () => {
    const [change] = changes({ comment: 'a\u001b[2J\nb', member: { email: 'ada@example.com' } });
    expect(change).toMatchObject({ description: 'a [2J b', author: 'ada@example.com' });
    expect(changes({ comment: 'x'.repeat(5000) })[0]?.description).toHaveLength(2000);
  });
});
