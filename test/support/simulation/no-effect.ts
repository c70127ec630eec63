import { createRandom } from '../../../src/simulation/random.js';
import { formatCount, judge } from '../../../src/stats/index.js';
import { type Block, cellsOf, evidenceOf, requestsOf } from './look.js';
import { constant, drawBlock, type RequestTraffic } from './request-traffic.js';

/** Base rate and share; extra failures per request that are tolerated, 0 for the ratio margin alone. */
const ROWS = [
  [0, 0.01],
  [0.002, 0.01],
  [0.002, 0.1],
  [0.01, 0.1],
] as const;
const EXTRA = [0, 0.002, 0.005];

/** Looks at 5 % more requests each, up to some five million. */
const BLOCKS = 98;

/** The median number of requests that a flag without effect takes to be rolled forward, as Markdown. */
export function requestsToRollForward(runs: number): string {
  const rows = ROWS.map(([rate, share]) => {
    const medians = EXTRA.map((extra) => {
      const all = Array.from({ length: runs }, (_, run) => requestsOfRun(rate, share, extra, run));
      return all.sort((a, b) => a - b)[runs >> 1] ?? Number.POSITIVE_INFINITY;
    });
    const cells = medians.map((median) =>
      median === Number.POSITIVE_INFINITY ? 'never' : formatCount(Number(median.toPrecision(2))),
    );
    return `| ${100 * rate} %, ${100 * share} % | ${cells.join(' | ')} |`;
  });
  const heading = '| base, share | ratio 1.5 alone | or 2 in 1,000 more | or 5 in 1,000 more |';
  return [heading, '|---|---|---|---|', ...rows].join('\n');
}

function requestsOfRun(rate: number, share: number, extraErrors: number, run: number): number {
  const traffic: RequestTraffic = {
    seed: 701,
    blocks: BLOCKS,
    perBlock: (block) => Math.round(2000 * 1.05 ** block),
    share: constant(share),
    rate: constant(rate),
    ratio: constant(1),
    isLook: () => true,
  };
  const next = createRandom(traffic.seed, run);
  const blocks: Block[] = [];
  for (let from = 0; from < BLOCKS; from++) {
    blocks.push(drawBlock(traffic, from, run, next));
    const { verdict } = judge({ ...evidenceOf(cellsOf(blocks)), parameters: { extraErrors } });
    if (verdict === 'roll-forward') return requestsOf(blocks);
  }
  return Number.POSITIVE_INFINITY;
}
