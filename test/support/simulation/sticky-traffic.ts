import { binomial } from '../../../src/simulation/binomial.js';
import { createRandom, type Random } from '../../../src/simulation/random.js';
import { momentsFromSums } from '../../../src/stats/fixed/moments.js';
import type { UnitCell } from '../../../src/stats/index.js';
import { type Block, cellsOf, evidenceOf, type Look } from './look.js';
import type { Release } from './release.js';

/** Users who keep their variant, are busy to different degrees, and fail to different degrees. */
export interface StickyTraffic {
  readonly seed: number;
  readonly users: number;
  readonly hours: number;
  /** Requests of all users in an hour. */
  readonly perHour: number;
  readonly share: number;
  /** How busy one user is, relative to others. */
  readonly activity: (next: Random) => number;
  /** How often one user's requests fail. */
  readonly fate: (next: Random) => number;
  /** What the treatment makes of that. */
  readonly harmed: (fate: number, next: Random) => number;
}

const BUCKETS = 16;
/** Operations that are counted of one unit in an hour. */
const COUNTED = 3;

interface Users {
  readonly weight: Float64Array;
  readonly failing: Float64Array;
  readonly treated: Uint8Array;
  readonly bucket: Uint8Array;
  /** Failures and requests so far. */
  readonly events: Float64Array;
  readonly requests: Float64Array;
}

interface Sum {
  requests: number;
  events: number;
}

/** A look after every hour. */
export function stickyRelease(traffic: StickyTraffic): Release {
  return function* (run: number): Generator<Look> {
    const next = createRandom(traffic.seed, run);
    const users = createUsers(traffic, next);
    const blocks: Block[] = [];
    const unitCells: UnitCell[] = [];
    for (let from = 0; from < traffic.hours; from++) {
      const { block, cells } = drawHour(traffic, users, from, next);
      blocks.push(block);
      unitCells.push(...cells);
      yield {
        blocks,
        evidence: { ...evidenceOf(cellsOf(blocks)), unitCells, distinctUnits: seen(users) },
        units: { treatment: momentsOf(users, 1), control: momentsOf(users, 0) },
        last: from === traffic.hours - 1,
      };
    }
  };
}

function createUsers({ users, share, activity, fate, harmed }: StickyTraffic, next: Random): Users {
  const treated = Uint8Array.from({ length: users }, () => (next() < share ? 1 : 0));
  const own = Float64Array.from({ length: users }, () => fate(next));
  return {
    treated,
    weight: Float64Array.from({ length: users }, () => activity(next)),
    failing: own.map((p, user) => Math.min(1, treated[user] === 1 ? harmed(p, next) : p)),
    bucket: Uint8Array.from({ length: users }, () => Math.floor(BUCKETS * next())),
    events: new Float64Array(users),
    requests: new Float64Array(users),
  };
}

/** The hour's requests, dealt out to the users by how busy they are. */
function drawHour(
  traffic: StickyTraffic,
  users: Users,
  from: number,
  next: Random,
): { block: Block; cells: UnitCell[] } {
  const arms = [createArm(), createArm()];
  let requests = traffic.perHour;
  let weight = users.weight.reduce((sum, one) => sum + one, 0);
  for (let user = 0; user < traffic.users; user++) {
    const own = users.weight[user] ?? 0;
    // The last weights may not sum to what is left of them, by rounding.
    const drawn = binomial(requests, Math.min(1, own / weight), next);
    requests -= drawn;
    weight -= own;
    if (drawn === 0) continue;
    const counted = Math.min(COUNTED, drawn);
    const rate = users.failing[user] ?? 0;
    const failed = binomial(counted, rate, next);
    const events = failed + binomial(drawn - counted, rate, next);
    users.requests[user] = (users.requests[user] ?? 0) + drawn;
    users.events[user] = (users.events[user] ?? 0) + events;
    const arm = arms[users.treated[user] ?? 0];
    add(arm?.all, drawn, events);
    add(arm?.buckets[users.bucket[user] ?? 0], counted, failed);
  }
  const [control = createArm(), treatment = createArm()] = arms;
  const cells = (variant: string, { buckets }: Arm): UnitCell[] =>
    buckets.map(({ requests: counted, events }, bucket) => ({
      ...{ epoch: '1', from, serviceVersion: '1', variant, bucket },
      ...{ requests: counted, errors: events },
    }));
  return {
    block: { epoch: '1', from, treatment: treatment.all, control: control.all },
    cells: [...cells('on', treatment), ...cells('off', control)],
  };
}

interface Arm {
  readonly all: Sum;
  readonly buckets: readonly Sum[];
}

function createArm(): Arm {
  const none = (): Sum => ({ requests: 0, events: 0 });
  return { all: none(), buckets: Array.from({ length: BUCKETS }, none) };
}

function add(sum: Sum | undefined, requests: number, events: number): void {
  if (sum === undefined) return;
  sum.requests += requests;
  sum.events += events;
}

function seen({ requests }: Users): number {
  return requests.reduce((count, own) => count + (own > 0 ? 1 : 0), 0);
}

/** Failures per user seen: what a rule that compares users compares. */
function momentsOf(
  { requests, events, treated }: Users,
  variant: number,
): ReturnType<typeof momentsFromSums> {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (const [user, own] of events.entries()) {
    if (treated[user] !== variant || requests[user] === 0) continue;
    n += 1;
    sum += own;
    squares += own * own;
  }
  return n < 2 ? { n, mean: 0, variance: 0 } : momentsFromSums(n, sum, squares);
}

/** Pareto with index 1.3: the busiest hundredth makes a third of the requests. */
export function pareto(next: Random): number {
  return (1 - next()) ** (-1 / 1.3);
}

/** One in 500 is a bot, 500 times as busy as the others. */
export function withBots(next: Random): number {
  return (next() < 0.002 ? 500 : 1) * -Math.log(1 - next());
}

/** Most users hardly ever fail, one in 50 a third of the time. */
export function unlucky(next: Random): number {
  return next() < 0.02 ? 0.33 : 0.001;
}
