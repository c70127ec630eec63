import { expect, test } from 'vitest';
import { orderVariants, variantStyles } from '../../src/ui/state/variant-style.js';

test('the control comes first, then the others by name, each once', () => {
  expect(orderVariants(['on', 'off', 'blue', 'on'], 'off')).toEqual(['off', 'blue', 'on']);
});

test('a variant looks the same whatever order it came in, and no two of six look alike', () => {
  const names = ['off', 'a', 'b', 'c', 'd', 'e'];
  const looks = variantStyles(names, 'off');
  expect([...variantStyles(names.toReversed(), 'off')]).toEqual([...looks]);
  for (const part of ['property', 'shape', 'dash'] as const) {
    expect(new Set(names.map((name) => looks.get(name)?.[part])).size).toBe(6);
  }
});

test('the look of a control is nobody else’s', () => {
  const own = variantStyles(['off', 'on'], 'off');
  const alone = variantStyles(['on'], undefined);
  expect(alone.get('on')).toEqual(own.get('on'));
  expect(variantStyles(['on'], 'off').get('on')).toEqual(own.get('on'));
});
