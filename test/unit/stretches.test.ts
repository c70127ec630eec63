import { describe, expect, test } from 'vitest';
import { readComparisonParameters } from '../../src/server/parameters.js';
import { stretchesOf } from '../../src/server/stretches.js';
import type { Change } from '../../src/sources/change.js';
import { flagChange } from '../support/changes.js';

const WINDOW = { from: 6000, to: 20_000 };
const HALF = { on: 0.5, off: 0.5 };
const TENTH = { on: 0.1, off: 0.9 };

const told = (time: number, shares: Change['shares'], over: Partial<Change> = {}): Change =>
  flagChange({ time, shares, ...over });
const seen = (time: number, version = ''): Change => told(time, null, { origin: 'telemetry', version });

/** From, to and the treatment's share of each stretch. */
function cut(changes: readonly Change[], options: Record<string, string> = {}): unknown[] {
  const parameters = readComparisonParameters(Object.entries(options), WINDOW.to);
  const { bounds, stretches } = stretchesOf(WINDOW, changes, parameters);
  for (const { index, from, to } of stretches) {
    expect(bounds.filter((bound) => bound <= from)).toHaveLength(index);
    expect(bounds.filter((bound) => bound < to)).toHaveLength(index);
  }
  return stretches.map(({ from, to, shares }) => [from, to, shares?.['on']]);
}

const ASKED = { allocation: 'on=10,off=90', since: new Date(WINDOW.from * 1000).toISOString() };

describe('time under one allocation', () => {
  test('is between changes that were told, without the two minutes after each', () => {
    expect(cut([told(6000, TENTH), told(10_000, HALF)])).toEqual([
      [6120, 10_000, 0.1],
      [10_120, 20_000, 0.5],
    ]);
    expect(cut([told(6000, TENTH), told(10_000, HALF), told(10_100, TENTH)])).toEqual([
      [6120, 10_000, 0.1],
      [10_220, 20_000, 0.1],
    ]);
    expect(cut([told(5950, TENTH)], { since: ASKED.since })).toEqual([[6120, 20_000, 0.1]]);
  });

  test('begins after the block in which traffic says that the release began', () => {
    const { allocation } = ASKED;
    expect(cut([], { allocation })).toEqual([[6600, 20_000, 0.1]]);
    expect(cut([], ASKED)).toEqual([[6120, 20_000, 0.1]]);
  });

  test('has no shares after a change that tells none, and those asked for until the first change', () => {
    expect(cut([told(6000, TENTH), told(10_000, null)])).toEqual([
      [6120, 10_000, 0.1],
      [10_120, 20_000, undefined],
    ]);
    expect(cut([told(10_000, HALF), told(15_000, null)], ASKED)).toEqual([
      [6120, 10_000, 0.1],
      [10_120, 15_000, 0.5],
      [15_120, 20_000, undefined],
    ]);
  });

  test('ends two minutes before a new version that is only seen, and by shares that move where none were told', () => {
    const before = [told(6000, TENTH)];
    expect(cut([...before, seen(10_000, '7')])).toEqual([
      [6120, 9880, 0.1],
      [10_120, 20_000, undefined],
    ]);
    // It may be the mismatch itself.
    expect(cut([...before, seen(10_000)])).toEqual([[6120, 20_000, 0.1]]);
    expect(cut([seen(10_000)], ASKED)).toEqual([
      [6120, 9880, 0.1],
      [10_120, 20_000, undefined],
    ]);
  });

  test('knows no shares of an environment that is not the one compared', () => {
    const changes = [
      told(6000, TENTH, { environment: 'production' }),
      told(10_000, HALF, { environment: 'staging' }),
    ];
    expect(cut(changes, { env: 'production', since: ASKED.since })).toEqual([[6120, 20_000, 0.1]]);
    expect(cut(changes)).toEqual([
      [6120, 10_000, undefined],
      [10_120, 20_000, undefined],
    ]);
  });
});
