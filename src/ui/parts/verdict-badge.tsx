import type { ReactElement } from 'react';
import type { Verdict } from '../../stats/index.js';

const SHOWN: Readonly<Record<Verdict, { readonly mark: string; readonly words: string }>> = {
  'roll-back': { mark: '▼', words: 'Roll back' },
  'roll-forward': { mark: '▲', words: 'Roll forward' },
  hold: { mark: '■', words: 'Hold' },
};

/** A verdict: its colour, its shape and its words. */
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }): ReactElement {
  const { mark, words } = SHOWN[verdict];
  return (
    <span className="verdict" data-verdict={verdict}>
      <span aria-hidden="true">{mark}</span>
      {words}
    </span>
  );
}
