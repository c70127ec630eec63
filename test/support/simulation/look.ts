import type { Moments } from '../../../src/stats/fixed/moments.js';
import type { Evidence, EvidenceCell, Judgement } from '../../../src/stats/index.js';

/** Requests of one variant in one block, and those among them that are counted: failed or slow ones. */
export interface Counts {
  readonly requests: number;
  readonly events: number;
}

/** A stretch of time at one allocation. */
export interface Block {
  readonly epoch: string;
  readonly from: number;
  readonly treatment: Counts;
  readonly control: Counts;
}

/** What is known when one looks: the same for every rule. */
export interface Look {
  /** Since the comparison began. */
  readonly blocks: readonly Block[];
  /** Of a release of the same flag that was rolled back. */
  readonly before?: readonly Block[];
  readonly evidence: Evidence;
  /** Events of each unit, for rules that compare means over units; absent: each request is a unit. */
  readonly units?: { readonly treatment: Moments; readonly control: Moments };
  /** Nobody looks again. */
  readonly last: boolean;
}

export type Verdict = Judgement['verdict'];

/** A way to decide, asked at every look of a run until it rolls back. */
export interface Rule {
  readonly name: string;
  /** A run of so many looks begins. */
  readonly begin: (looks: number) => (look: Look) => Verdict;
}

/** The cells that a backend would make of these blocks: errors are the events. */
export function cellsOf(blocks: readonly Block[]): EvidenceCell[] {
  return blocks.flatMap(({ epoch, from, treatment, control }): EvidenceCell[] => [
    {
      epoch,
      from,
      serviceVersion: '1',
      variant: 'on',
      requests: treatment.requests,
      errors: treatment.events,
    },
    { epoch, from, serviceVersion: '1', variant: 'off', requests: control.requests, errors: control.events },
  ]);
}

/** Evidence on errors, with every parameter at its default. */
export function evidenceOf(cells: readonly EvidenceCell[]): Evidence {
  return { version: 1, flag: 'simulated', control: 'off', treatment: 'on', cells };
}

/** All requests and events of one variant so far. */
export function totalOf(blocks: readonly Block[], arm: 'treatment' | 'control'): Counts {
  let requests = 0;
  let events = 0;
  for (const block of blocks) {
    requests += block[arm].requests;
    events += block[arm].events;
  }
  return { requests, events };
}

/** Of both variants. */
export function requestsOf(blocks: readonly Block[]): number {
  return totalOf(blocks, 'treatment').requests + totalOf(blocks, 'control').requests;
}
