import { describe, expect, test } from 'vitest';
import { releaseStart } from '../../src/server/release-start.js';
import type { TimelineEntry } from '../../src/sources/source.js';

/** Blocks in order, each [control's requests, treatment's requests]. */
function timeline(...blocks: [control: number, treatment: number][]): TimelineEntry[] {
  return blocks.flatMap(([control, treatment], i) =>
    (
      [
        ['off', control],
        ['on', treatment],
      ] as const
    )
      .filter(([, requests]) => requests > 0)
      .map(([variant, requests]) => ({ block: i * 600, variant, firstSeen: i * 600, requests })),
  );
}

describe('where a comparison begins', () => {
  test('at the first block with a treatment', () => {
    expect(releaseStart(timeline([900, 0], [900, 0], [900, 100], [900, 100]), 'off')).toBe(1200);
  });

  test('where the treatment last rose from share 0, so that mended harm does not haunt the next release', () => {
    expect(releaseStart(timeline([900, 100], [900, 0], [900, 100], [900, 100]), 'off')).toBe(1200);
  });

  test('a small share with a quiet block by chance does not begin anew', () => {
    expect(releaseStart(timeline([900, 9], [900, 0], [900, 9], [900, 9]), 'off')).toBe(0);
  });

  test('but a long silence of a small share does', () => {
    expect(releaseStart(timeline([900, 9], [900, 0], [900, 0], [900, 0], [900, 9], [900, 9]), 'off')).toBe(
      2400,
    );
  });

  test('a ramp does not make a quiet block at the small share a rise from 0', () => {
    expect(
      releaseStart(timeline([4800, 12], [4800, 12], [800, 0], [4800, 12], [500, 500], [500, 500]), 'off'),
    ).toBe(0);
  });

  test('a release that was rolled back after a few requests is left behind', () => {
    expect(releaseStart(timeline([900, 9], [90_000, 0], [900, 100]), 'off')).toBe(1200);
  });

  test('a treatment alone begins with its first block, and none at all nowhere', () => {
    expect(releaseStart(timeline([0, 0], [0, 10], [0, 10]), 'off')).toBe(600);
    expect(releaseStart(timeline([900, 0]), 'off')).toBeUndefined();
    expect(releaseStart([], 'off')).toBeUndefined();
  });

  test('the order of the entries does not matter', () => {
    const entries = timeline([900, 100], [900, 0], [900, 100]);
    expect(releaseStart([...entries].reverse(), 'off')).toBe(1200);
  });
});
