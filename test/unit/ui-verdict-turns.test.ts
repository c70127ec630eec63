import { expect, test } from 'vitest';
import { lookAgain, NOTHING_SEEN } from '../../src/ui/views/flag/verdict-turns.js';

const hold = { treatment: 'on', verdict: 'hold' } as const;
const back = { treatment: 'on', verdict: 'roll-back' } as const;

test('what is seen first is no turn, what changes is, and it stays marked', () => {
  const first = lookAgain(NOTHING_SEEN, 'q', [hold], 1);
  expect(first.turns.size).toBe(0);
  const second = lookAgain(first, 'q', [back], 2);
  expect([...second.turns]).toEqual([['on', { from: 'hold', to: 'roll-back', at: 2 }]]);
  expect(lookAgain(second, 'q', [back], 3).turns).toEqual(second.turns);
  expect(lookAgain(second, 'q', [hold], 4).turns.get('on')).toEqual({ from: 'roll-back', to: 'hold', at: 4 });
});

test('a treatment that was away for a look is held against what it was', () => {
  const away = lookAgain(lookAgain(NOTHING_SEEN, 'q', [hold], 1), 'q', [], 2);
  expect(lookAgain(away, 'q', [back], 3).turns.get('on')?.from).toBe('hold');
});

test('the verdict on another window is no turn', () => {
  const first = lookAgain(NOTHING_SEEN, 'q', [hold], 1);
  expect(lookAgain(first, 'other', [back], 2).turns.size).toBe(0);
});
