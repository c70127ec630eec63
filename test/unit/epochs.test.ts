import { describe, expect, test } from 'vitest';
import { epochsOf, MAX_SPLITTING } from '../../src/server/epochs.js';
import { flagChange } from '../support/changes.js';

const WINDOW = { from: 1000, to: 10_000 };
const at = (...times: number[]) => times.map((time) => flagChange({ time }));

describe('epochs', () => {
  test('a change cuts time where it is made, and twice more until its shares have settled', () => {
    expect(epochsOf(at(5000, 3000.5), WINDOW).cuts).toEqual([3000.5, 3060.5, 3120.5, 5000, 5060, 5120]);
  });

  test('where another comes meanwhile, each cut is made once', () => {
    expect(epochsOf(at(3000, 3060, 3090), WINDOW).cuts).toEqual([3000, 3060, 3090, 3120, 3150, 3180, 3210]);
  });

  test('of changes outside the window only those that still settle in it', () => {
    const { cuts } = epochsOf(at(500, 880, 881, 1000, 9999, 10_000), WINDOW);
    expect(cuts).toEqual([881, 941, 1000, 1001, 1060, 1120, 9999, 10_059, 10_119]);
  });

  test('deployments cut nothing: versions of services are strata already', () => {
    expect(epochsOf([flagChange({ time: 3000, kind: 'deployment' })], WINDOW).cuts).toEqual([]);
  });

  test('the newest of too many', () => {
    const many = at(...Array.from({ length: MAX_SPLITTING + 1 }, (_, i) => 1300 + 80 * i));
    expect(epochsOf(many, WINDOW).cuts[0]).toBe(1380);
  });

  test('are named by the version and the last change, and while shares are mixed by that too', () => {
    const { nameOf } = epochsOf(at(3000, 5000.25), WINDOW);
    expect([2999, 3000, 3119, 3120, 5000.25].map((block) => nameOf('7', block))).toEqual([
      '7',
      '7@1970-01-01T00:50:00.000Z changing',
      '7@1970-01-01T00:50:00.000Z changing',
      '7@1970-01-01T00:50:00.000Z',
      '7@1970-01-01T01:23:20.250Z changing',
    ]);
    expect(epochsOf([], WINDOW).nameOf('', 3000)).toBe('');
  });
});
