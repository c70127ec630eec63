import { createRandom, type Random } from '../../../src/simulation/random.js';
import { chiSquareOfShares } from '../../../src/stats/fixed/chi-square.js';
import { type EpochUnits, judge } from '../../../src/stats/index.js';
import { evidenceOf, type Look, type Rule } from './look.js';
import type { Release } from './release.js';
import { pareto } from './sticky-traffic.js';

const USERS = 3000;
const HOURS = 24;
/** Half of the time 10 %, then 50 %. */
const SHARES = [0.1, 0.5];
/** Chances to be seen of one user in an hour: of different routes, say. */
const CELLS = 20;

/** Units of one epoch by variant: once each, at first exposure, or as often as some cell counted them. */
interface Exposed {
  readonly once: Record<string, number>;
  readonly inCells: Record<string, number>;
}

interface AssignmentLook extends Look {
  readonly counted: readonly EpochUnits[];
}

/**
 * Users assigned by their share, some busier than others; a look after every hour. `lost` of the treated are never
 * seen: with 0 there is no mismatch.
 */
export function assignmentRelease(seed: number, lost: number): Release {
  return function* (run: number): Generator<AssignmentLook> {
    const next = createRandom(seed, run);
    const users = createUsers(lost, next);
    const exposed: Exposed[] = SHARES.map(() => ({ once: { on: 0, off: 0 }, inCells: { on: 0, off: 0 } }));
    for (let hour = 0; hour < HOURS; hour++) {
      const epoch = Math.floor((hour * SHARES.length) / HOURS);
      expose(users, SHARES[epoch] ?? 0, exposed[epoch], next);
      yield {
        blocks: [],
        evidence: { ...evidenceOf([]), epochs: epochsOf(exposed, 'once') },
        counted: epochsOf(exposed, 'inCells'),
        last: hour === HOURS - 1,
      };
    }
  };
}

interface User {
  readonly position: number;
  readonly lost: boolean;
  /** Chance to be seen in one cell. */
  readonly seen: number;
  met: boolean;
}

function createUsers(lost: number, next: Random): User[] {
  return Array.from({ length: USERS }, () => ({
    position: next(),
    lost: next() < lost,
    seen: 1 - Math.exp(-0.01 * pareto(next)),
    met: false,
  }));
}

function expose(users: readonly User[], share: number, exposed: Exposed | undefined, next: Random): void {
  if (exposed === undefined) return;
  for (const user of users) {
    const variant = user.position < share ? 'on' : 'off';
    if (variant === 'on' && user.lost) continue;
    for (let cell = 0; cell < CELLS; cell++) {
      if (next() >= user.seen) continue;
      exposed.inCells[variant] = (exposed.inCells[variant] ?? 0) + 1;
      if (user.met) continue;
      exposed.once[variant] = (exposed.once[variant] ?? 0) + 1;
      user.met = true;
    }
  }
}

function epochsOf(exposed: readonly Exposed[], how: keyof Exposed): EpochUnits[] {
  return exposed.map((counts, epoch) => {
    const share = SHARES[epoch] ?? 0;
    return { epoch: String(epoch), allocation: { on: share, off: 1 - share }, exposed: { ...counts[how] } };
  });
}

/** Of these rules a roll-back stands for an alarm: nobody acts on a mismatch by going back. */
export const UNITS_ONCE: Rule = {
  name: 'telltale, units once',
  begin: () => (look) => alarm(look.evidence.epochs ?? []),
};

export const UNITS_IN_CELLS: Rule = {
  name: 'units counted in every cell',
  begin: () => (look) => ('counted' in look ? alarm((look as AssignmentLook).counted) : 'hold'),
};

/** The usual check: Pearson's chi-square at 0.001, once at every look. */
export const CHI_SQUARE: Rule = {
  name: 'chi-square at 0.001',
  begin:
    () =>
    ({ evidence }) =>
      (evidence.epochs ?? []).some(({ allocation, exposed }) => {
        const variants = Object.keys(allocation);
        const test = chiSquareOfShares(
          variants.map((variant) => exposed[variant] ?? 0),
          variants.map((variant) => allocation[variant] ?? 0),
        );
        return test.kind === 'ok' && test.p < 0.001;
      })
        ? 'roll-back'
        : 'hold',
};

/** Whether these units do not follow their allocation. */
export function isMismatch(epochs: readonly EpochUnits[]): boolean {
  return judge({ ...evidenceOf([]), epochs }).reasons.includes('sample-ratio');
}

function alarm(epochs: readonly EpochUnits[]): 'roll-back' | 'hold' {
  return isMismatch(epochs) ? 'roll-back' : 'hold';
}
