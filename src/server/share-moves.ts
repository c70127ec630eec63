/** Evaluations that gave a variant, as they were reported within one minute. */
export interface MinuteCount {
  /** When the minute begins, Unix seconds. */
  readonly minute: number;
  readonly variant: string;
  readonly evaluations: number;
}

/** A share that moved. */
export interface ShareMove {
  /** When the first minute with the new share begins, Unix seconds. */
  readonly time: number;
  readonly variant: string;
  /** Share of the evaluations, before and in the minute after. */
  readonly before: number;
  readonly after: number;
}

/**
 * Odds that move by less mislead little: at even shares the ratio is off by 7 % in a block in which the base rate doubles.
 */
const LEAST_ODDS_RATIO = 1.5;

/**
 * Twice the log-likelihood ratio, divided by the dispersion: by chance alone exceeded once in 20 million minutes.
 */
const LEAST_EVIDENCE = 30;

/**
 * Where the share of a variant moved. Each two minutes are held against all since the last move, and nothing is looked
 * at twice: what was found stays found, whatever comes later. Users who are busy at times make counts scatter more than
 * chance would: evidence is divided by how much they did so far.
 *
 * It takes evaluations, not outcomes, and its moves only split blocks: nothing is left out by them, so that users of a
 * failing variant who try again, and move the share, hide no harm.
 */
export function shareMoves(counts: readonly MinuteCount[]): ShareMove[] {
  const minutes = byMinute(counts);
  const moves: ShareMove[] = [];
  let epoch = new Stretch();
  for (const [index, minute] of minutes.entries()) {
    const next = minutes[index + 1];
    // The last minute stands alone until the next has come.
    if (next === undefined) break;
    const move = moveOf(epoch, minute, next);
    if (move === undefined) {
      epoch.add(minute);
      continue;
    }
    moves.push(move);
    // The minute in which it moved holds both shares.
    epoch = new Stretch();
  }
  return moves;
}

interface Minute {
  readonly minute: number;
  readonly total: number;
  readonly counts: ReadonlyMap<string, number>;
}

function byMinute(counts: readonly MinuteCount[]): Minute[] {
  const minutes = new Map<number, Map<string, number>>();
  for (const { minute, variant, evaluations } of counts) {
    const own = minutes.get(minute) ?? new Map<string, number>();
    minutes.set(minute, own.set(variant, (own.get(variant) ?? 0) + evaluations));
  }
  return [...minutes]
    .map(([minute, own]) => ({
      minute,
      counts: own,
      total: [...own.values()].reduce((sum, n) => sum + n, 0),
    }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => a.minute - b.minute);
}

/** Minutes with one share: their sums, and how far they scatter. */
class Stretch {
  readonly #sums: Map<string, number> = new Map();
  #total = 0;
  readonly #minutes: Minute[] = [];

  get total(): number {
    return this.#total;
  }

  get variants(): Iterable<string> {
    return this.#sums.keys();
  }

  sumOf(variant: string): number {
    return this.#sums.get(variant) ?? 0;
  }

  add(minute: Minute): void {
    for (const [variant, count] of minute.counts) this.#sums.set(variant, this.sumOf(variant) + count);
    this.#total += minute.total;
    this.#minutes.push(minute);
  }

  /** Pearson's chi-square of the minutes by their degrees of freedom; not below 1. */
  dispersionOf(variant: string): number {
    const share = this.sumOf(variant) / this.#total;
    const degrees = this.#minutes.length - 1;
    if (degrees < 1 || !(share > 0 && share < 1)) return 1;
    let chiSquare = 0;
    for (const { counts, total } of this.#minutes) {
      const expected = total * share;
      chiSquare += ((counts.get(variant) ?? 0) - expected) ** 2 / (expected * (1 - share));
    }
    return Math.max(1, chiSquare / degrees);
  }
}

/** Of the variants that moved, the one that rose the most. */
function moveOf(epoch: Stretch, minute: Minute, next: Minute): ShareMove | undefined {
  const total = minute.total + next.total;
  const variants = new Set([...epoch.variants, ...minute.counts.keys(), ...next.counts.keys()]);
  return [...variants]
    .filter((variant) => {
      const before = epoch.sumOf(variant);
      const after = (minute.counts.get(variant) ?? 0) + (next.counts.get(variant) ?? 0);
      const ratio = logOdds(after, total) - logOdds(before, epoch.total);
      return (
        Math.abs(ratio) >= Math.log(LEAST_ODDS_RATIO) &&
        evidence(before, epoch.total, after, total) >= LEAST_EVIDENCE * epoch.dispersionOf(variant)
      );
    })
    .map((variant) => ({
      time: minute.minute,
      variant,
      before: epoch.sumOf(variant) / epoch.total,
      // The first of the two minutes may hold both shares.
      after: (next.counts.get(variant) ?? 0) / next.total,
    }))
    .sort((a, b) => b.after - b.before - (a.after - a.before))[0];
}

function logOdds(count: number, total: number): number {
  return Math.log((count + 0.5) / (total - count + 0.5));
}

/** Twice the log-likelihood ratio of two shares against one. */
function evidence(x: number, n: number, y: number, m: number): number {
  const share = (x + y) / (n + m);
  return 2 * (logLikelihoodRatio(x, n, share) + logLikelihoodRatio(y, m, share));
}

function logLikelihoodRatio(x: number, n: number, share: number): number {
  const term = (count: number, expected: number): number =>
    count === 0 ? 0 : count * Math.log(count / expected);
  return term(x, n * share) + term(n - x, n * (1 - share));
}
