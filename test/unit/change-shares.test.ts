import { describe, expect, test } from 'vitest';
import { changedStart, sharesAt, withNames } from '../../src/server/change-shares.js';
import type { Change } from '../../src/sources/change.js';
import { flagChange } from '../support/changes.js';

const step = (time: number, on: number | null, told: Partial<Change> = {}): Change =>
  flagChange({ time, shares: on === null ? null : { on, off: 1 - on }, ...told });

describe('a change begins a comparison', () => {
  const start = (changes: Change[], environment?: string) => changedStart(changes, 'off', environment);

  test('where the treatments rose from share 0, the last time, in whatever order they are told', () => {
    expect(start([step(40, 0.5), step(30, 0.1), step(20, 0), step(10, 0.1)])).toBe(30);
  });

  test('not where nobody told what the share was before', () => {
    expect(start([step(10, 0.1), step(20, 0.5)])).toBeUndefined();
    expect(start([step(10, 0), step(15, null), step(20, 0.5)])).toBeUndefined();
  });

  test('where the change itself tells that it was 0', () => {
    expect(start([step(10, 0.1, { sharesBefore: { off: 1 } })])).toBe(10);
    expect(start([step(5, 0), step(10, 0.1, { sharesBefore: { on: 0.2, off: 0.8 } })])).toBeUndefined();
  });

  test('only in the environment that is compared', () => {
    const staging = [step(10, 0, { environment: 'staging' }), step(20, 0.1, { environment: 'staging' })];
    expect(start(staging, 'staging')).toBe(20);
    expect(start(staging)).toBe(20);
    expect(start(staging, 'production')).toBeUndefined();
    expect(start([...staging, step(5, 0.1, { environment: 'production' })])).toBeUndefined();
    expect(start([...staging, step(5, 0), step(7, 0.3)], 'production')).toBe(7);
  });
});

test('the shares in force at a moment are those of the last change, if it tells any', () => {
  const changes = [step(30, null), step(10, 0.1), step(20, 0.2)];
  expect([5, 10, 25, 30].map((time) => sharesAt(changes, time, undefined)?.['on'])).toEqual([
    undefined,
    0.1,
    0.2,
    undefined,
  ]);
});

describe('shares by index', () => {
  const change = flagChange({
    ...{ shares: { 0: 0.1, 1: 0.9 }, sharesBefore: { 1: 1 }, variations: ['treatment', 'control'] },
  });

  test('get the names that variants have in telemetry', () => {
    expect(withNames(change, ['control', 'treatment'])).toMatchObject({
      shares: { treatment: 0.1, control: 0.9 },
      sharesBefore: { control: 1 },
    });
  });

  test('and keep their index where telemetry has that', () => {
    expect(withNames(change, ['0', '1'])).toBe(change);
    const numbered = { ...change, variations: ['1', '0'] };
    expect(withNames(numbered, ['0', '1'])).toBe(numbered);
  });
});
