import { PEERS } from '../peers/index.js';
import type { Rule } from './look.js';
import type { Scenario } from './release.js';
import {
  climb,
  constant,
  drift,
  everySecond,
  type RequestTraffic,
  ramp,
  requestRelease,
} from './request-traffic.js';
import { HISTORY_KEPT, POOLED, TELLTALE, WHOLE_HISTORY } from './telltale-rules.js';

const PER_BLOCK = 2000;

/** Sixty blocks with a look at the end of every second, and a 10 % canary: what is not said. */
const USUAL = {
  blocks: 60,
  perBlock: constant(PER_BLOCK),
  share: constant(0.1),
  ratio: constant(1),
  isLook: everySecond,
};

interface Asked extends Omit<Scenario, 'looks' | 'release' | 'rules'> {
  readonly ours?: readonly Rule[];
  readonly traffic: Pick<RequestTraffic, 'seed' | 'rate'> & Partial<RequestTraffic>;
}

function scenario({ ours = [], traffic, ...rest }: Asked): Scenario {
  const all = { ...USUAL, ...traffic };
  const looks = Array.from({ length: all.blocks }, (_, block) => all.isLook(block)).filter(Boolean).length;
  return { ...rest, looks, release: requestRelease(all), rules: [TELLTALE, ...ours, ...PEERS] };
}

/** Releases that do no harm. */
export const HARMLESS: readonly Scenario[] = [
  scenario({
    name: 'harmless, in a ramp while the base rate climbs',
    truth: 'harmless',
    ...{ runs: 200, power: 0.5 },
    ours: [POOLED],
    traffic: { seed: 101, rate: climb, share: ramp },
  }),
  scenario({
    name: 'harmless, nothing ever fails',
    truth: 'harmless',
    ...{ runs: 50, power: 1 },
    traffic: { seed: 102, rate: constant(0) },
  }),
  scenario({
    name: 'harmless, 1 in 10,000 fails',
    truth: 'harmless',
    ...{ runs: 200, power: 0.9 },
    traffic: { seed: 103, rate: constant(1e-4) },
  }),
  scenario({
    name: 'harmless, 1 % canary, 2 in 1,000 fail',
    truth: 'harmless',
    ...{ runs: 200, power: 0.3 },
    traffic: { seed: 104, rate: constant(0.002), share: constant(0.01), perBlock: constant(10_000) },
  }),
  scenario({
    name: 'harmless, the release before it was harmful and rolled back',
    truth: 'harmless',
    ...{ runs: 100, power: 0.5 },
    ours: [HISTORY_KEPT],
    traffic: {
      seed: 105,
      blocks: 80,
      since: 20,
      rate: constant(0.01),
      share: (block) => (block < 15 || block >= 20 ? 0.1 : 0),
      ratio: (block) => (block < 20 ? 5 : 1),
      isLook: (block) => block > 20 && everySecond(block),
    },
  }),
];

const CLEAN_BLOCKS = 60;
const CLEAN_PER_BLOCK = 10_000;

/** Releases that do harm. */
export const HARMFUL: readonly Scenario[] = [
  scenario({
    name: 'at the border of both margins',
    truth: 'harmful',
    ...{ runs: 250, power: 0 },
    // 0.4 % times 1.5 is also 2 in 1,000 more: where a false roll-forward is likeliest.
    traffic: {
      seed: 201,
      rate: constant(0.004),
      ratio: constant(1.5),
      share: constant(0.5),
      perBlock: constant(4000),
    },
  }),
  scenario({
    name: 'harm, where control never fails: 5 in 1,000',
    truth: 'harmful',
    ...{ runs: 100, power: 0.99 },
    traffic: { seed: 202, rate: constant(0), extra: 0.005 },
  }),
  scenario({
    name: 'harm, 3 in 1,000 instead of 1 in 10,000',
    truth: 'harmful',
    ...{ runs: 100, power: 0.95 },
    traffic: { seed: 203, rate: constant(1e-4), ratio: constant(30) },
  }),
  scenario({
    name: 'harm, five times the errors in a 1 % canary, base 2 in 1,000',
    truth: 'harmful',
    ...{ runs: 100, power: 0.95, within: 60_000 },
    traffic: {
      seed: 204,
      blocks: 120,
      isLook: () => true,
      rate: constant(0.002),
      ratio: constant(5),
      share: constant(0.01),
    },
  }),
  scenario({
    name: 'late harm, five times the errors after 600,000 clean requests',
    truth: 'late',
    ...{ runs: 60, power: 0.95 },
    cleanRequests: CLEAN_BLOCKS * CLEAN_PER_BLOCK,
    within: 20_000,
    ours: [WHOLE_HISTORY],
    traffic: {
      seed: 205,
      blocks: CLEAN_BLOCKS + 100,
      rate: constant(0.003),
      perBlock: (block) => (block < CLEAN_BLOCKS ? CLEAN_PER_BLOCK : 1000),
      ratio: (block) => (block < CLEAN_BLOCKS ? 1 : 5),
      isLook: (block) => block >= CLEAN_BLOCKS || block % 5 === 4,
    },
  }),
  ...[0.01, 0.1, 0.5].flatMap((share) =>
    [2, 3, 5].map((ratio) =>
      scenario({
        name: `harm, ${ratio} times the errors at a share of ${100 * share} %, base drifting`,
        truth: 'harmful',
        ...{ runs: 50, power: share * (ratio - 1) < 0.1 ? 0 : 0.95 },
        traffic: {
          seed: 300 + 1000 * share + ratio,
          rate: drift,
          share: constant(share),
          ratio: constant(ratio),
        },
      }),
    ),
  ),
];
