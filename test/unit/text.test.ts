import { describe, expect, test } from 'vitest';
import { percent, ratio, seconds, table } from '../../src/cli/text.js';
import { formatCount } from '../../src/stats/index.js';

describe('numbers in texts', () => {
  test.each([
    [null, '-'],
    [0.00062, '620 us'],
    [0.0000042, '4.2 us'],
    [0.00286, '2.86 ms'],
    [0.0999, '99.9 ms'],
    [0.4834, '483 ms'],
    [1.04, '1.04 s'],
    [125.4, '125 s'],
  ])('%s seconds is %s', (value, text) => expect(seconds(value)).toBe(text));

  test.each([
    [null, '-'],
    [0, '0.0 %'],
    [0.000321, '0.032 %'],
    [0.0406, '4.1 %'],
    [0.913, '91.3 %'],
    [1, '100.0 %'],
  ])('a share of %s is %s', (value, text) => expect(percent(value)).toBe(text));

  test('counts and ratios', () => {
    expect([formatCount(999), formatCount(1000), formatCount(12_345_678)]).toEqual([
      '999',
      '1,000',
      '12,345,678',
    ]);
    expect([ratio(null), ratio(7.0132), ratio(0.04881), ratio(1234.5)]).toEqual([
      '-',
      '7.01',
      '0.0488',
      '1,235',
    ]);
  });

  test('a table: the first column to the left, the others to the right', () => {
    expect(
      table(
        [
          ['a', 'bb'],
          ['ccc', 'd'],
        ],
        '  ',
      ),
    ).toBe('  a    bb\n  ccc   d');
  });
});
