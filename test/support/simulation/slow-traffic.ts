import { binomial } from '../../../src/simulation/binomial.js';
import { createRandom, type Random } from '../../../src/simulation/random.js';
import type { EvidenceCell } from '../../../src/stats/index.js';
import { normalCdf } from '../../../src/stats/numerics/normal.js';
import { type Block, evidenceOf, type Look } from './look.js';
import type { Release } from './release.js';

/** Durations with a logarithm of this mean and deviation, in buckets of a quarter of a doubling. */
const MEDIAN_SECONDS = 0.1;
const DEVIATION = 0.7;
/** Buckets from 8 ms to 8 s; what lies outside falls into the first and the last. */
export const FIRST_BUCKET = -28;
const BUCKETS = 40;
/** 2^(-7/4) s = 0.297 s: the edge next to p95, configured before the release. */
export const CONFIGURED_BUCKET = -7;

export interface SlowTraffic {
  readonly seed: number;
  readonly blocks: number;
  readonly perBlock: number;
  readonly share: number;
  /** Treatment's durations over control's. */
  readonly slower: number;
}

/** Harmless where `slower` is 1, although all durations wander by a fifth; a look after every block. */
export function slowRelease({ seed, blocks: count, perBlock, share, slower }: SlowTraffic): Release {
  return function* (run: number): Generator<Look> {
    const next = createRandom(seed, run);
    const blocks: Block[] = [];
    const cells: EvidenceCell[] = [];
    for (let from = 0; from < count; from++) {
      const median = MEDIAN_SECONDS * Math.exp(0.1 * Math.sin(from * 0.5 + run));
      const treated = binomial(perBlock, share, next);
      const arms = [
        { variant: 'on', requests: treated, durations: draw(treated, median * slower, next) },
        { variant: 'off', requests: perBlock - treated, durations: draw(perBlock - treated, median, next) },
      ] as const;
      for (const { variant, requests, durations } of arms) {
        const histogram = { scale: 2, zero: 0, buckets: named(durations) };
        cells.push({ epoch: '1', from, serviceVersion: '1', variant, requests, errors: 0, histogram });
      }
      const [treatment, control] = arms.map(({ requests, durations }) => ({
        requests,
        events: above(durations, CONFIGURED_BUCKET),
      }));
      if (treatment !== undefined && control !== undefined) {
        blocks.push({ epoch: '1', from, treatment, control });
      }
      yield { blocks, evidence: evidenceOf(cells), last: from === count - 1 };
    }
  };
}

/** Counts by bucket: binomial in turn, each of what the buckets before it left. */
function draw(requests: number, median: number, next: Random): number[] {
  let left = requests;
  let below = 0;
  return Array.from({ length: BUCKETS }, (_, i) => {
    const upper = 2 ** ((FIRST_BUCKET + i + 1) / 4);
    const share = i === BUCKETS - 1 ? 1 : normalCdf(Math.log(upper / median) / DEVIATION);
    const drawn = binomial(left, Math.min(1, (share - below) / (1 - below)), next);
    left -= drawn;
    below = share;
    return drawn;
  });
}

function named(counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(counts.map((count, i) => [String(FIRST_BUCKET + i), count]));
}

function above(counts: readonly number[], bucket: number): number {
  return counts.slice(bucket - FIRST_BUCKET).reduce((sum, count) => sum + count, 0);
}
