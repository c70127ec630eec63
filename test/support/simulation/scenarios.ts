import { GROWTHBOOK } from '../peers/growthbook.js';
import { HARNESS } from '../peers/harness.js';
import { PEERS } from '../peers/index.js';
import { KAYENTA } from '../peers/kayenta.js';
import { assignmentRelease, CHI_SQUARE, UNITS_IN_CELLS, UNITS_ONCE } from './assignment.js';
import { dependentRelease } from './dependent-flags.js';
import type { Rule } from './look.js';
import type { Scenario } from './release.js';
import { CONFIGURED, FROZEN, RECOMPUTED, WORST_PICKED } from './slow-rules.js';
import { slowRelease } from './slow-traffic.js';
import { pareto, type StickyTraffic, stickyRelease, unlucky, withBots } from './sticky-traffic.js';
import { BY_REQUESTS, ONE_FLAG_ALONE, TELLTALE } from './telltale-rules.js';

/** Twelve hours of 2,000 users. */
const USUAL = { users: 2000, hours: 12, perHour: 20_000, share: 0.5, activity: pareto };
const unharmed = (fate: number): number => fate;
const RULES: readonly Rule[] = [TELLTALE, BY_REQUESTS, ...PEERS];

type Asked = Pick<Scenario, 'name' | 'truth' | 'runs' | 'power'> &
  Pick<StickyTraffic, 'seed' | 'fate' | 'harmed'> &
  Partial<StickyTraffic>;

function sticky({ name, truth, runs, power, ...traffic }: Asked): Scenario {
  const all = { ...USUAL, ...traffic };
  return { name, truth, runs, power, looks: all.hours, release: stickyRelease(all), rules: RULES };
}

/** Users who keep their variant. */
export const STICKY: readonly Scenario[] = [
  sticky({
    name: 'harmless, sticky users, Pareto 1.3, some always unlucky',
    truth: 'harmless',
    ...{ runs: 60, power: 0, seed: 401, fate: unlucky, harmed: unharmed },
  }),
  sticky({
    name: 'harmless, the same in a 10 % canary',
    truth: 'harmless',
    ...{ runs: 60, power: 0, seed: 402, fate: unlucky, harmed: unharmed, share: 0.1 },
  }),
  sticky({
    name: 'harmless, sticky users, bots 500 times as busy',
    truth: 'harmless',
    ...{ runs: 60, power: 0, seed: 403, fate: unlucky, harmed: unharmed, activity: withBots },
  }),
  sticky({
    name: 'harm, 1 user in 100 fails every time, 5 % canary',
    truth: 'harmful',
    ...{ runs: 60, power: 0, seed: 404, share: 0.05, fate: () => 0.002 },
    harmed: (fate, next) => (next() < 0.01 ? 1 : fate),
  }),
  sticky({
    name: 'harm, three times the errors for every user',
    truth: 'harmful',
    ...{
      runs: 30,
      power: 0.9,
      seed: 405,
      fate: (next) => -0.01 * Math.log(1 - next()),
      harmed: (fate) => 3 * fate,
    },
  }),
  sticky({
    name: 'harm, three times the errors, 1 % of 20,000 users, base 2 in 100',
    truth: 'harmful',
    ...{ runs: 10, power: 0.5, seed: 406, users: 20_000, perHour: 40_000, share: 0.01 },
    fate: (next) => -0.02 * Math.log(1 - next()),
    harmed: (fate) => 3 * fate,
  }),
  sticky({
    name: 'harm, three times the errors, 1 % of 20,000 users, base 2 in 1,000',
    truth: 'harmful',
    ...{ runs: 10, power: 0, seed: 407, users: 20_000, perHour: 40_000, share: 0.01 },
    fate: (next) => -0.002 * Math.log(1 - next()),
    harmed: (fate) => 3 * fate,
  }),
];

/** What is decided on other than errors, and by what else requests are told apart. */
export const OTHERS: readonly Scenario[] = [
  {
    name: 'harmless, durations drift: slow requests at the border of harm',
    truth: 'harmless',
    ...{ runs: 80, power: 0, looks: 24 },
    release: slowRelease({ seed: 501, blocks: 24, perBlock: 800, share: 0.5, slower: 1 }),
    rules: [FROZEN, CONFIGURED, RECOMPUTED, WORST_PICKED, GROWTHBOOK, KAYENTA, HARNESS],
  },
  {
    name: 'harm, all durations half as long again',
    truth: 'harmful',
    ...{ runs: 50, power: 0.95, looks: 24 },
    release: slowRelease({ seed: 502, blocks: 24, perBlock: 1500, share: 0.5, slower: 1.5 }),
    rules: [FROZEN, CONFIGURED, GROWTHBOOK, KAYENTA, HARNESS],
  },
  {
    name: 'harmless, tied to a harmful flag',
    truth: 'harmless',
    ...{ runs: 150, power: 0, looks: 24 },
    release: dependentRelease({ seed: 503, blocks: 24, perBlock: 2000, rate: 0.005, otherRatio: 5 }),
    rules: [TELLTALE, ONE_FLAG_ALONE, ...PEERS],
  },
  {
    name: 'sample ratio as allocated (roll-back stands for alarm)',
    truth: 'harmless',
    ...{ runs: 150, power: 0, looks: 24 },
    release: assignmentRelease(504, 0),
    rules: [UNITS_ONCE, UNITS_IN_CELLS, CHI_SQUARE],
  },
  {
    name: 'one treated user in three is never seen (roll-back stands for alarm)',
    truth: 'harmful',
    ...{ runs: 50, power: 0.9, looks: 24 },
    release: assignmentRelease(505, 1 / 3),
    rules: [UNITS_ONCE, CHI_SQUARE],
  },
];
