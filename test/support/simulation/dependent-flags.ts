import { binomial } from '../../../src/simulation/binomial.js';
import { createRandom } from '../../../src/simulation/random.js';
import { type EvidenceCell, strataByFlags } from '../../../src/stats/index.js';
import { type Block, type Counts, evidenceOf, type Look } from './look.js';
import type { Release } from './release.js';

/** A harmless flag, nine in ten of whose treated requests have another, harmful flag on as well. */
export interface DependentFlags {
  readonly seed: number;
  readonly blocks: number;
  readonly perBlock: number;
  readonly rate: number;
  /** Failure rate with the other flag on, over that without it. */
  readonly otherRatio: number;
}

const TIED = 0.9;

/** Evidence of the harmless flag, stratified by the harmful one; `blocks` are of the harmless one alone. */
export function dependentRelease(flags: DependentFlags): Release {
  return function* (run: number): Generator<Look> {
    const next = createRandom(flags.seed, run);
    const blocks: Block[] = [];
    const cells: EvidenceCell[] = [];
    for (let from = 0; from < flags.blocks; from++) {
      const treated = binomial(flags.perBlock, 0.5, next);
      const arm = (variant: 'on' | 'off', requests: number): Counts => {
        const other = binomial(requests, variant === 'on' ? TIED : 1 - TIED, next);
        const drawn = [
          { other: 'on', requests: other, events: binomial(other, flags.rate * flags.otherRatio, next) },
          { other: 'off', requests: requests - other, events: binomial(requests - other, flags.rate, next) },
        ];
        for (const { other: got, requests: own, events } of drawn) {
          const serviceVersion = strataByFlags('1', { other: got });
          cells.push({ epoch: '1', from, serviceVersion, variant, requests: own, errors: events });
        }
        return { requests, events: drawn.reduce((sum, { events }) => sum + events, 0) };
      };
      const treatment = arm('on', treated);
      const control = arm('off', flags.perBlock - treated);
      blocks.push({ epoch: '1', from, treatment, control });
      yield { blocks, evidence: evidenceOf(cells), last: from === flags.blocks - 1 };
    }
  };
}
