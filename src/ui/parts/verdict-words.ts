import type { Verdict } from '../../stats/index.js';

/** A verdict as the page says it, with the shape that goes with it. */
export const VERDICT_WORDS: Readonly<Record<Verdict, { readonly mark: string; readonly words: string }>> = {
  'roll-back': { mark: '▼', words: 'Roll back' },
  'roll-forward': { mark: '▲', words: 'Roll forward' },
  hold: { mark: '■', words: 'Hold' },
};

const WORST_FIRST: readonly Verdict[] = ['roll-back', 'hold', 'roll-forward'];

/** The one that asks for most; undefined: there is none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict | undefined {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict));
}
