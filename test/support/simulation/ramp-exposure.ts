import { epochsOf } from '../../../src/server/epochs.js';
import { readComparisonParameters } from '../../../src/server/parameters.js';
import { sampleOfIds } from '../../../src/server/sample-ids.js';
import { stretchesOf } from '../../../src/server/stretches.js';
import { createRandom, type Random } from '../../../src/simulation/random.js';
import type { FirstExposed } from '../../../src/sources/source.js';
import { flagChange } from '../changes.js';
import { isMismatch } from './assignment.js';
import { pareto } from './sticky-traffic.js';

const DAY = 86_400;
const HOUR = 3600;
const LOOK_HOURS = 3;

const PARAMETERS = readComparisonParameters([], 0);

/** Visits of users to processes over days, and what is wrong with it. */
export interface RampTraffic {
  readonly seed: number;
  readonly users: number;
  readonly days: number;
  /** Second at which each share of the treatment begins to hold, and the share. */
  readonly steps: readonly (readonly [second: number, share: number])[];
  readonly processes: number;
  /** Share of the treated who never come again after their first visit: an effect, and no fault of the assignment. */
  readonly leaving: number;
  /** Share of the treated who are never seen, from this second on: a fault. */
  readonly lost: number;
  readonly lostFrom: number;
}

/** What units are counted by: ids; counters of all processes; of one, each day by itself; its first day. */
export type Counted = 'ids' | 'counters' | 'days' | 'first-day';

interface User {
  readonly position: number;
  /** Visits an hour. */
  readonly rate: number;
  readonly isLost: boolean;
  hasLeft: boolean;
  met: boolean;
}

/** A look every three hours; whether one of them alarmed. */
export function alarms(traffic: RampTraffic, run: number, ways: readonly Counted[]): boolean[] {
  const next = createRandom(traffic.seed, run);
  const users = Array.from(
    { length: traffic.users },
    (): User => ({
      ...{ position: next(), rate: 0.02 * pareto(next), isLost: next() < traffic.lost },
      ...{ hasLeft: false, met: false },
    }),
  );
  const seen = new Ramp(traffic);
  const found = ways.map(() => false);
  for (let hour = 0; hour < traffic.days * 24; hour++) {
    for (const user of users) visit(user, hour, traffic, seen, next);
    if ((hour + 1) % LOOK_HOURS > 0) continue;
    for (const [i, way] of ways.entries()) if (!found[i]) found[i] = seen.alarms(way, (hour + 1) * HOUR);
  }
  return found;
}

function visit(user: User, hour: number, traffic: RampTraffic, seen: Ramp, next: Random): void {
  const visits = Math.floor(user.rate) + (next() < user.rate % 1 ? 1 : 0);
  const seconds = Array.from({ length: visits }, () => Math.floor((hour + next()) * HOUR)).sort(
    (a, b) => a - b,
  );
  for (const second of seconds) {
    if (user.hasLeft) return;
    const isTreated = user.position < shareAt(traffic.steps, second);
    if (isTreated && user.isLost && second >= traffic.lostFrom) continue;
    seen.count(user, isTreated ? 'on' : 'off', second, Math.floor(next() * traffic.processes));
    if (isTreated && next() < traffic.leaving) user.hasLeft = true;
  }
}

function shareAt(steps: RampTraffic['steps'], second: number): number {
  return steps.findLast(([from]) => from <= second)?.[1] ?? 0;
}

/** What telemetry has of the visits so far. */
class Ramp {
  readonly #changes: ReturnType<typeof flagChange>[];
  readonly #first: Map<string, number> = new Map();
  readonly #counted: Map<string, number> = new Map();
  readonly #memory: Set<string> = new Set();
  readonly #bounds: readonly number[];
  readonly #traffic: RampTraffic;
  readonly #numbers: Map<User, number> = new Map();

  constructor(traffic: RampTraffic) {
    this.#traffic = traffic;
    this.#changes = traffic.steps.map(([time, on]) => flagChange({ time, shares: { on, off: 1 - on } }));
    this.#bounds = stretchesOf({ from: 0, to: traffic.days * DAY }, this.#changes, PARAMETERS).bounds;
  }

  count(user: User, variant: string, second: number, process: number): void {
    if (!user.met) add(this.#first, `${this.#bounds.filter((bound) => bound <= second).length} ${variant}`);
    user.met = true;
    const number = this.#numbers.get(user) ?? this.#numbers.size;
    this.#numbers.set(user, number);
    const day = Math.floor(second / DAY);
    // Each process begins anew at noon of the second day.
    const life = second >= 1.5 * DAY ? 1 : 0;
    const key = `${number} ${variant} ${process} ${day} ${life}`;
    if (this.#memory.has(key)) return;
    this.#memory.add(key);
    const step = this.#traffic.steps.findLastIndex(([from]) => from <= second);
    add(this.#counted, `${step} ${variant} ${process} ${day} ${life}`);
  }

  alarms(way: Counted, now: number): boolean {
    if (way === 'ids') return isMismatch(this.#ofIds(now));
    const sums = new Map<string, { step: number; exposed: Record<string, number> }>();
    for (const [key, n] of this.#counted) {
      const [step = 0, , process, day, life] = key.split(' ').map(Number);
      const variant = key.split(' ')[1] ?? '';
      if (way !== 'counters' && (process !== 0 || (day === 1 && life === 1))) continue;
      if (way === 'first-day' && (day !== 0 || step !== 0)) continue;
      const part = way === 'days' ? `${step} ${day}` : String(step);
      const sum = sums.get(part) ?? { step, exposed: {} };
      sums.set(part, sum);
      sum.exposed[variant] = (sum.exposed[variant] ?? 0) + n;
    }
    const epochs = [...sums].map(([epoch, { step, exposed }]) => {
      const on = this.#traffic.steps[step]?.[1] ?? 0;
      return { epoch, allocation: { on, off: 1 - on }, exposed };
    });
    // Days hold the same users: one by one, not multiplied.
    return way === 'days' ? epochs.some((epoch) => isMismatch([epoch])) : isMismatch(epochs);
  }

  #ofIds(now: number): Parameters<typeof isMismatch>[0] {
    const window = { from: 0, to: now };
    const units = [...this.#first].map(([key, n]): FirstExposed => {
      const [stretch = '0', variant = ''] = key.split(' ');
      return { stretch: Number(stretch), variant, flagVersion: '', units: n };
    });
    return sampleOfIds(
      units,
      stretchesOf(window, this.#changes, PARAMETERS).stretches,
      epochsOf(this.#changes, window),
    ).tested.map(({ epoch, allocation, exposed }) => ({ epoch, allocation, exposed }));
  }
}

function add(sums: Map<string, number>, key: string): void {
  sums.set(key, (sums.get(key) ?? 0) + 1);
}
