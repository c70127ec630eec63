import { epochsOf, TRANSITION_SECONDS } from '../../../src/server/epochs.js';
import { type MinuteCount, shareMoves } from '../../../src/server/share-moves.js';
import { binomial } from '../../../src/simulation/binomial.js';
import { createRandom, type Random } from '../../../src/simulation/random.js';
import { BLOCK_SECONDS } from '../../../src/sources/source.js';
import { type EvidenceCell, type Judgement, judge } from '../../../src/stats/index.js';
import { flagChange } from '../changes.js';
import { evidenceOf } from './look.js';

/** A release whose share moves within blocks, in reports of several processes, as a backend gets them. */
export interface SteppedTraffic {
  readonly seed: number;
  readonly minutes: number;
  /** Requests of all processes in ten seconds. */
  readonly perTick: number;
  readonly processes: number;
  /** Seconds and the treatment's share from then on. */
  readonly steps: readonly (readonly [at: number, share: number])[];
  /** Control's failure rate at a second. */
  readonly rate: (second: number) => number;
  /** Treatment's failure rate over control's at a second. */
  readonly ratio: (second: number) => number;
  /** How often a request that failed is tried again, which moves the share in favour of what fails. */
  readonly retries?: number;
}

/** What one process reported at one moment, of one variant. */
export interface ReportedCount {
  readonly time: number;
  readonly variant: 'on' | 'off';
  readonly requests: number;
  readonly errors: number;
}

const TICK = 10;
/** Processes report each minute, at a second of their own, and ask for the flag each minute, at another. */
const MINUTE = 60;

export function drawReports(traffic: SteppedTraffic, run: number): ReportedCount[] {
  const next = createRandom(traffic.seed, run);
  return Array.from({ length: traffic.processes }, () => drawProcess(traffic, next)).flat();
}

function drawProcess(traffic: SteppedTraffic, next: Random): ReportedCount[] {
  const phase = Math.ceil(next() * MINUTE);
  const pollPhase = next() * MINUTE;
  const reports: ReportedCount[] = [];
  let sums = { on: { requests: 0, errors: 0 }, off: { requests: 0, errors: 0 } };
  for (let second = 0; second < traffic.minutes * MINUTE; second += TICK) {
    // What the process knew when it last asked.
    const asked = second - ((second + pollPhase) % MINUTE);
    const share = traffic.steps.findLast(([at]) => at <= asked)?.[1] ?? traffic.steps[0]?.[1] ?? 0;
    const requests = Math.round(traffic.perTick / traffic.processes);
    const treated = binomial(requests, share, next);
    const rate = traffic.rate(second);
    add(sums.on, treated, Math.min(1, rate * traffic.ratio(second)), traffic.retries ?? 0, next);
    add(sums.off, requests - treated, rate, traffic.retries ?? 0, next);
    if ((second + TICK + phase) % MINUTE >= TICK) continue;
    reports.push(
      { time: second + TICK, variant: 'on', ...sums.on },
      { time: second + TICK, variant: 'off', ...sums.off },
    );
    sums = { on: { requests: 0, errors: 0 }, off: { requests: 0, errors: 0 } };
  }
  return reports;
}

function add(
  sum: { requests: number; errors: number },
  requests: number,
  rate: number,
  retries: number,
  next: Random,
): void {
  let tried = requests;
  for (let attempt = 0; attempt <= retries && tried > 0; attempt++) {
    const failed = binomial(tried, rate, next);
    sum.requests += tried;
    sum.errors += failed;
    tried = failed;
  }
}

/** What is known of the steps. */
export type Known = 'pooled' | 'blocks' | 'cut-once' | 'cut-twice' | 'told' | 'seen';

/** The verdict on reports, their blocks cut as far as the steps are known. */
export function verdictOf(
  reports: readonly ReportedCount[],
  traffic: SteppedTraffic,
  known: Known,
): Judgement['verdict'] {
  return judge(evidenceOf(cellsOf(reports, cutsOf(reports, traffic, known), known === 'pooled'))).verdict;
}

function cutsOf(reports: readonly ReportedCount[], traffic: SteppedTraffic, known: Known): readonly number[] {
  const window = { from: 0, to: traffic.minutes * MINUTE };
  if (known === 'told') {
    return epochsOf(
      traffic.steps.map(([time]) => flagChange({ time })),
      window,
    ).cuts;
  }
  // What is reported while shares are mixed counts with what follows.
  if (known === 'cut-once') return traffic.steps.map(([time]) => time);
  // It is one block.
  if (known === 'cut-twice') return traffic.steps.flatMap(([time]) => [time, time + TRANSITION_SECONDS]);
  if (known !== 'seen') return [];
  return epochsOf(
    movesIn(reports).map((time) => flagChange({ time })),
    window,
  ).cuts;
}

/** Moves of the share that are seen in what was evaluated: one evaluation a request. */
export function movesIn(reports: readonly ReportedCount[]): number[] {
  const counts = reports.map(
    ({ time, variant, requests }): MinuteCount => ({
      // A report at the very beginning of a minute tells of the one before.
      minute: Math.ceil(time / MINUTE - 1) * MINUTE,
      variant,
      evaluations: requests,
    }),
  );
  return shareMoves(counts).map(({ time }) => time);
}

function cellsOf(
  reports: readonly ReportedCount[],
  cuts: readonly number[],
  isPooled: boolean,
): EvidenceCell[] {
  const cells = new Map<string, EvidenceCell>();
  for (const { time, variant, requests, errors } of reports) {
    const block = (Math.ceil(time / BLOCK_SECONDS) - 1) * BLOCK_SECONDS;
    const from = isPooled ? 0 : Math.max(block, cuts.findLast((cut) => cut < time) ?? 0);
    const key = `${from} ${variant}`;
    const cell = cells.get(key) ?? { epoch: '', from, serviceVersion: '1', variant, requests: 0, errors: 0 };
    cells.set(key, { ...cell, requests: cell.requests + requests, errors: cell.errors + errors });
  }
  return [...cells.values()];
}
