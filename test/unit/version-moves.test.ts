import { describe, expect, test } from 'vitest';
import { versionMoves } from '../../src/server/version-moves.js';

/** Blocks in order, each the versions that were reported in it. */
const seen = (name: string, ...blocks: readonly string[][]) =>
  blocks.flatMap((versions, i) =>
    versions.map((version) => ({ name, environment: '', version, block: i * 600, before: i * 600 + 30 })),
  );
const moved = (...blocks: readonly string[][]) =>
  versionMoves(seen('shop', ...blocks)).map(({ version, time }) => [version, time]);

describe('versions that move', () => {
  test('once, where a new one is first reported', () => {
    expect(moved(['1'], ['1'], ['1', '2'], ['2'], ['2'])).toEqual([['2', 1230]]);
  });

  test('what is reported in the first block was there before', () => {
    expect(moved(['1', '2'], ['1', '2'])).toEqual([]);
  });

  test('back again after a while', () => {
    expect(moved(['1'], ['2'], ['2'], ['2'], ['1'])).toEqual([
      ['2', 630],
      ['1', 2430],
    ]);
    expect(moved(['1'], ['2'], ['1'], ['2'], ['1'])).toEqual([['2', 630]]);
  });

  test('each service by itself, and a silence of all is no move', () => {
    const silence = [{ name: 'shop', environment: '', version: '1', block: 90_000, before: 90_030 }];
    expect(versionMoves([...seen('shop', ['1'], ['1']), ...silence, ...seen('jobs', ['9'])])).toEqual([]);
  });
});
