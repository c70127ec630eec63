import { type Look, type Rule, requestsOf } from './look.js';

/** The looks at one release, one after the other. */
export type Release = (run: number) => Iterable<Look>;

/** A kind of release, and what the truth about it is. */
export interface Scenario {
  readonly name: string;
  /**
   * `harmless`: to roll back is wrong. `harmful`, at or beyond both margins from the first request on: to roll forward
   * is. `late`: harmful after a time in which it was not, so that neither is.
   */
  readonly truth: 'harmless' | 'harmful' | 'late';
  readonly looks: number;
  /** Of the simulation in CI; the published tables take four to eight times as many. */
  readonly runs: number;
  /** Share of runs in which we must at least decide rightly: what must not be had by never deciding. */
  readonly power: number;
  /** Requests in which half of the harmful releases must be found. */
  readonly within?: number;
  /** Requests before the harm, to be taken from those at which it was found. */
  readonly cleanRequests?: number;
  readonly release: Release;
  /** The first is ours. */
  readonly rules: readonly Rule[];
}

/** How often one rule did what. */
export interface Rates {
  readonly rule: string;
  readonly runs: number;
  readonly rolledBack: number;
  /** Before any roll-back. */
  readonly rolledForward: number;
  /** Requests of both variants at the roll-back, in the middle of the runs that had one; null: none had. */
  readonly medianRequests: number | null;
}

/** What one rule came to in each run. */
interface Tally {
  forward: number;
  readonly found: number[];
}

/** Asks every rule at every look until it rolls back, as a guard does; all of them see the same data. */
export function simulate({ looks, release, rules, cleanRequests = 0 }: Scenario, runs: number): Rates[] {
  const tallies = rules.map((): Tally => ({ forward: 0, found: [] }));
  for (let run = 0; run < runs; run++) {
    const watched = rules.map((rule, i) => ({
      decide: rule.begin(looks),
      tally: tallies[i],
      forward: false,
    }));
    let asked = watched;
    for (const look of release(run)) {
      asked = asked.filter((one) => {
        const verdict = one.decide(look);
        if (verdict === 'roll-forward') one.forward = true;
        if (verdict === 'roll-back') one.tally?.found.push(requestsOf(look.blocks) - cleanRequests);
        return verdict !== 'roll-back';
      });
      if (asked.length === 0) break;
    }
    for (const { forward, tally } of watched) if (forward && tally !== undefined) tally.forward++;
  }
  return rules.map(({ name }, i) => rates(name, runs, tallies[i] ?? { forward: 0, found: [] }));
}

function rates(rule: string, runs: number, { forward, found }: Tally): Rates {
  const sorted = found.toSorted((a, b) => a - b);
  return {
    rule,
    runs,
    rolledBack: found.length / runs,
    rolledForward: forward / runs,
    medianRequests: sorted[sorted.length >> 1] ?? null,
  };
}

/** Three standard errors of a share that is `p`, found in so many runs: one seed in 700 exceeds it. */
export function monteCarloError(p: number, runs: number): number {
  return 3 * Math.sqrt((p * (1 - p)) / runs);
}

/** The share of runs in which the rule decided against the truth; null where neither is against it. */
export function falseRate(truth: Scenario['truth'], { rolledBack, rolledForward }: Rates): number | null {
  if (truth === 'late') return null;
  return truth === 'harmless' ? rolledBack : rolledForward;
}
