import type { ReactElement } from 'react';
import type { Verdict } from '../../stats/index.js';
import { VERDICT_WORDS } from './verdict-words.js';

/** A verdict: its colour, its shape and its words. */
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }): ReactElement {
  const { mark, words } = VERDICT_WORDS[verdict];
  return (
    <span className="verdict" data-verdict={verdict}>
      <span aria-hidden="true">{mark}</span>
      {words}
    </span>
  );
}
