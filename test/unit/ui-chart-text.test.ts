import { describe, expect, it } from 'vitest';
import { drawMarks } from '../../src/ui/charts/marks.js';
import { shortName } from '../../src/ui/charts/short-name.js';

describe('shortName', () => {
  it.each([
    ['on', '\u2068on\u2069'],
    ['two\nlines', '\u2068two lines\u2069'],
    ['{a|b}', '\u2068{\u2060a|b}\u2069'],
    ['\u202eevil', '\u2068\\u202eevil\u2069'],
  ])('isolates %j and leaves no markup of ECharts', (name, text) => {
    expect(shortName(name)).toBe(text);
  });

  it('cuts a long name between signs, not within one', () => {
    expect(shortName('😀'.repeat(40))).toBe(`\u2068${'😀'.repeat(31)}…\u2069`);
  });
});

describe('drawMarks', () => {
  it('draws every mark; of labels that would lie over each other the newest, with how many others', () => {
    const marks = [10, 12, 60, 99].map((time) => ({ time, label: `at ${time}` }));
    const drawn = drawMarks(marks, 0, 100).toSorted((a, b) => a.time - b.time);
    expect(drawn.map(({ label }) => label)).toEqual(['', 'at 12 +1', 'at 60', 'at 99']);
  });

  it('aligns a label at an end of the axis inwards', () => {
    const marks = [1, 50, 99].map((time) => ({ time, label: 'x' }));
    expect(
      drawMarks(marks, 0, 100)
        .toSorted((a, b) => a.time - b.time)
        .map(({ align }) => align),
    ).toEqual(['left', 'center', 'right']);
  });

  it('keeps no more labels than there is room for, however many marks', () => {
    const marks = Array.from({ length: 500 }, (_, time) => ({ time, label: 'x' }));
    const drawn = drawMarks(marks, 0, 499);
    expect(drawn).toHaveLength(500);
    expect(drawn.filter(({ label }) => label !== '').length).toBeLessThanOrEqual(7);
  });
});
