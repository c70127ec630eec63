import type { Verdict } from '../stats/index.js';
import type { Outcome } from './simulate.js';

/** Where a quarter, half and three quarters of the runs have ended; null: later than was simulated. */
export interface Quartiles {
  readonly lowerQuartile: number | null;
  readonly median: number | null;
  readonly upperQuartile: number | null;
}

/** The runs with one verdict. */
export interface Ending {
  readonly runs: number;
  /** Of all runs. */
  readonly share: number;
  /** To the verdict, of these runs alone; null where there are none, and for `hold`, which ends nothing. */
  readonly requests: Quartiles | null;
}

export interface Summary {
  readonly runs: number;
  /** Requests of both variants to either verdict, over all runs. */
  readonly requests: Quartiles;
  readonly verdicts: Readonly<Record<Verdict, Ending>>;
}

export function summarise(outcomes: readonly Outcome[]): Summary {
  const ending = (verdict: Verdict): Ending => {
    const own = outcomes.filter((outcome) => outcome.verdict === verdict);
    return {
      runs: own.length,
      share: own.length / outcomes.length,
      requests:
        own.length === 0 || verdict === 'hold' ? null : quartiles(own.map(({ requests }) => requests)),
    };
  };
  // A run without a verdict is one that takes longer, not one that is left out.
  const untilVerdict = outcomes.map(({ verdict, requests }) =>
    verdict === 'hold' ? Number.POSITIVE_INFINITY : requests,
  );
  return {
    runs: outcomes.length,
    requests: quartiles(untilVerdict),
    verdicts: {
      'roll-back': ending('roll-back'),
      'roll-forward': ending('roll-forward'),
      hold: ending('hold'),
    },
  };
}

function quartiles(requests: readonly number[]): Quartiles {
  const sorted = requests.toSorted((a, b) => a - b);
  const at = (part: number): number | null => {
    const value = sorted[Math.ceil(part * sorted.length) - 1] ?? Number.POSITIVE_INFINITY;
    return Number.isFinite(value) ? value : null;
  };
  return { lowerQuartile: at(0.25), median: at(0.5), upperQuartile: at(0.75) };
}
