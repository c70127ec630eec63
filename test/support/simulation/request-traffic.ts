import { binomial } from '../../../src/simulation/binomial.js';
import { createRandom, type Random } from '../../../src/simulation/random.js';
import { type Block, cellsOf, evidenceOf, type Look } from './look.js';
import type { Release } from './release.js';

/** Requests that are each assigned by themselves. */
export interface RequestTraffic {
  readonly seed: number;
  readonly blocks: number;
  /** Requests of both variants in a block. */
  readonly perBlock: (block: number) => number;
  /** Treatment's share in a block; a new one begins a new epoch. */
  readonly share: (block: number) => number;
  /** Control's failure rate in a block. */
  readonly rate: (block: number, run: number) => number;
  /** Treatment's failure rate over control's in a block. */
  readonly ratio: (block: number) => number;
  /** Treatment's failure rate beyond that. */
  readonly extra?: number;
  /** Blocks at whose end one looks. */
  readonly isLook: (block: number) => boolean;
  /** The block with which the comparison begins; those before it were another release. @default 0 */
  readonly since?: number;
}

export function drawBlock(traffic: RequestTraffic, from: number, run: number, next: Random): Block {
  const share = traffic.share(from);
  const rate = traffic.rate(from, run);
  const requests = traffic.perBlock(from);
  // Every request is assigned by chance, so the variants' counts vary as well.
  const treated = binomial(requests, share, next);
  const failing = Math.min(1, rate * traffic.ratio(from) + (traffic.extra ?? 0));
  return {
    epoch: String(share),
    from,
    treatment: { requests: treated, events: binomial(treated, failing, next) },
    control: { requests: requests - treated, events: binomial(requests - treated, rate, next) },
  };
}

export function requestRelease(traffic: RequestTraffic): Release {
  return function* (run: number): Generator<Look> {
    const next = createRandom(traffic.seed, run);
    const blocks: Block[] = [];
    const before: Block[] = [];
    for (let from = 0; from < traffic.blocks; from++) {
      (from < (traffic.since ?? 0) ? before : blocks).push(drawBlock(traffic, from, run, next));
      if (!traffic.isLook(from)) continue;
      yield { blocks, before, evidence: evidenceOf(cellsOf(blocks)), last: from === traffic.blocks - 1 };
    }
  };
}

/** The base rate wanders between 0.1 and 3 %, at its own pace in each run. */
export function drift(block: number, run: number): number {
  return 0.0055 * Math.exp(1.7 * Math.sin(block * 0.4 + run));
}

/** The same, while it climbs from some 0.2 to 2 % as traffic does in the morning: a ramp in the wrong hours. */
export function climb(block: number, run: number): number {
  return 0.002 * 10 ** Math.min(1, block / 45) * Math.exp(0.4 * Math.sin(block * 0.4 + run));
}

/** 1, 5, 25 and 50 %, fifteen blocks each. */
export function ramp(block: number): number {
  return [0.01, 0.05, 0.25, 0.5][Math.floor(block / 15)] ?? 0.5;
}

/** At the end of every second block. */
export function everySecond(block: number): boolean {
  return block % 2 === 1;
}

export function constant(value: number): () => number {
  return () => value;
}
