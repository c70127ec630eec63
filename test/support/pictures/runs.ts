import { createRandom } from '../../../src/simulation/random.js';
import { type Judgement, judge } from '../../../src/stats/index.js';
import { type Block, cellsOf, evidenceOf } from '../simulation/look.js';
import { constant, drawBlock } from '../simulation/request-traffic.js';

/** A 20 % canary of which 1 % of the requests fail, or `ratio` times as many in the treatment. */
export function canary(seed: number, ratio: number, blocks: number, perBlock: number): Judgement[] {
  const next = createRandom(seed, 0);
  const drawn: Block[] = [];
  return Array.from({ length: blocks }, (_, from) => {
    const traffic = {
      ...{ seed, blocks, isLook: () => true },
      ...{ perBlock: constant(perBlock), share: constant(0.2), rate: constant(0.01), ratio: constant(ratio) },
    };
    drawn.push(drawBlock(traffic, from, 0, next));
    return judge(evidenceOf(cellsOf(drawn)));
  });
}
