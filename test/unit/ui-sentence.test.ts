import { expect, test } from 'vitest';
import { sentence } from '../../src/ui/parts/sentence.js';

test('a name in a sentence turns nothing around, and is read as any other', () => {
  expect(sentence('Seen were: abc\u202edef, \u05d0\u05d1, <b>, Ü.\n')).toBe(
    'Seen were: abc\\u202edef, \u05d0\u05d1, <b>, Ü.\\u000a',
  );
  expect(sentence('\u2066\u2069\u200f')).toBe('\\u2066\\u2069\\u200f');
});
