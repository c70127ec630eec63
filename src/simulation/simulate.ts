import { judge, type Verdict, type VerdictParameters } from '../stats/index.js';
import { type Blocks, createBlocks } from './blocks.js';
import { createRandom } from './random.js';
import { createScreen } from './screen.js';
import { type Rates, requestTraffic, type Traffic } from './traffic.js';
import { UNIT_BUCKETS, unitTraffic } from './unit-traffic.js';

/** A stretch of the release. */
export interface Step {
  /** Treatment's share of the requests, or of the units. */
  readonly share: number;
  readonly minutes: number;
}

export interface Scenario extends Rates {
  readonly steps: readonly Step[];
  /** Of both variants. */
  readonly requestsPerMinute: number;
  /** Sticky units behind the requests; null: each request is assigned by itself. */
  readonly units: number | null;
  readonly parameters: VerdictParameters;
}

/** How one run ended. */
export interface Outcome {
  /** `hold`: neither was proven before the steps ended. */
  readonly verdict: Verdict;
  /** Of both variants, up to the verdict. */
  readonly requests: number;
}

/** As the backend cuts its strata. */
const BLOCK_MINUTES = 10;
/** A look every minute, and later whenever so much more of what has passed is over. */
const LOOK_AFTER = 0.03;

/** One run: traffic, and a look at it with the real verdict, until it is to be rolled back or forward. */
export function simulateRun(scenario: Scenario, seed: number, run: number): Outcome {
  const { steps, requestsPerMinute, parameters } = scenario;
  const traffic = createTraffic(scenario, seed, run);
  const blocks = createBlocks();
  const screen = createScreen(parameters, scenario.units === null ? 1 : UNIT_BUCKETS);
  let minute = 0;
  let look = 1;
  let end = 0;
  const last = steps.reduce((sum, step) => sum + step.minutes, 0);
  for (const [index, { share, minutes }] of steps.entries()) {
    end += minutes;
    while (minute < end) {
      const block = Math.floor(minute / BLOCK_MINUTES);
      const blockEnd = Math.min(end, (block + 1) * BLOCK_MINUTES);
      blocks.open(String(index), block, scenario.units !== null);
      while (minute < blockEnd) {
        const until = Math.min(look, blockEnd);
        const requests = Math.round(until * requestsPerMinute) - Math.round(minute * requestsPerMinute);
        blocks.add(traffic.draw(requests, share));
        minute = until;
        if (minute < look && minute < last) continue;
        look = minute + Math.max(1, LOOK_AFTER * minute);
        const verdict = verdictNow(scenario, traffic, blocks, screen, minute);
        if (verdict !== 'hold') return { verdict, requests: Math.round(minute * requestsPerMinute) };
      }
      screen.close(blocks.tables());
    }
  }
  return { verdict: 'hold', requests: Math.round(minute * requestsPerMinute) };
}

function createTraffic(scenario: Scenario, seed: number, run: number): Traffic {
  const next = createRandom(seed, run);
  const { units, requestsPerMinute } = scenario;
  return units === null
    ? requestTraffic(scenario, next)
    : unitTraffic(scenario, units, requestsPerMinute * 60, next);
}

function verdictNow(
  { parameters, requestsPerMinute }: Scenario,
  traffic: Traffic,
  blocks: Blocks,
  screen: ReturnType<typeof createScreen>,
  minute: number,
): Verdict {
  const distinct = traffic.distinctUnits(minute * requestsPerMinute);
  const floor = distinct === null ? 1 : distinct === 0 ? Number.POSITIVE_INFINITY : blocks.counted / distinct;
  if (!screen.mayDecide(blocks.tables(), floor)) return 'hold';
  return judge(blocks.evidence(parameters, minute * 60, distinct)).verdict;
}
