import type { TreatmentComparison } from '../../../server/comparison.js';
import type { Verdict } from '../../../stats/index.js';

/** A verdict that became another one while the page was open. */
export interface Turn {
  readonly from: Verdict;
  readonly to: Verdict;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the page has seen so far, by treatment. */
export interface Seen {
  /** Verdicts of another question, such as another window, are no turn. */
  readonly question: string;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** The last one of each. */
  readonly turns: ReadonlyMap<string, Turn>;
}

export const NOTHING_SEEN: Seen = { question: '', verdicts: new Map(), turns: new Map() };

/** What has been seen after another answer. */
export function lookAgain(
  before: Seen,
  question: string,
  comparisons: readonly Pick<TreatmentComparison, 'treatment' | 'verdict'>[],
  now: number,
): Seen {
  const known = before.question === question ? before : NOTHING_SEEN;
  const verdicts = new Map(known.verdicts);
  const turns = new Map(known.turns);
  for (const { treatment, verdict } of comparisons) {
    const from = verdicts.get(treatment);
    if (from !== undefined && from !== verdict) turns.set(treatment, { from, to: verdict, at: now });
    verdicts.set(treatment, verdict);
  }
  return { question, verdicts, turns };
}
