import type { Histogram } from './histogram.js';

/** What is tolerated and what counts as proof. Every field has a default: `DEFAULT_PARAMETERS`. */
export interface VerdictParameters {
  /** Chance of ever rolling back a harmless change, split over the guardrails. @default 0.05 */
  readonly alphaHarm: number;
  /** Chance of ever calling a harmful change safe. @default 0.05 */
  readonly alphaSafe: number;
  /** Error ratio up to which nothing is called harm. @default 1 */
  readonly harmErrors: number;
  /** Slow-request ratio up to which nothing is called harm. @default 1.1 */
  readonly harmSlow: number;
  /** Error ratio that is no longer safe. @default 1.5 */
  readonly marginErrors: number;
  /** Slow-request ratio that is no longer safe. @default 1.25 */
  readonly marginSlow: number;
  /** Extra failures per treated request that are no longer safe. @default 0.002 */
  readonly extraErrors: number;
  /** Extra slow requests per treated request that are no longer safe. @default 0.02 */
  readonly extraSlow: number;
  /** Seconds above which a request is slow; null: no slow guardrail. @default null */
  readonly slowThreshold: number | null;
  /** Requests of both variants before a roll-forward. @default 0 */
  readonly minRequests: number;
  /** Seconds of the comparison before a roll-forward. @default 0 */
  readonly minSeconds: number;
}

export const DEFAULT_PARAMETERS: VerdictParameters = Object.freeze({
  alphaHarm: 0.05,
  alphaSafe: 0.05,
  harmErrors: 1,
  harmSlow: 1.1,
  marginErrors: 1.5,
  marginSlow: 1.25,
  extraErrors: 0.002,
  extraSlow: 0.02,
  slowThreshold: null,
  minRequests: 0,
  minSeconds: 0,
});

/** The requests of one variant in one epoch, block, route and service version. */
export interface EvidenceCell {
  /** A stretch of constant allocation under one version of the flag's rules. */
  readonly epoch: string;
  /** Start of the time block: a number, or ISO 8601 time with its offset. Orders the blocks. */
  readonly from: number | string;
  /** Kept for drill-down. Routes are summed: a route is an outcome and never decides. */
  readonly route?: string;
  readonly serviceVersion: string;
  readonly variant: string;
  readonly requests: number;
  /** Failed requests among them. */
  readonly errors: number;
  /** Requests slower than `slowThreshold`; null leaves the stratum out of the slow guardrail (calibration). */
  readonly slow?: number | null;
  /** Durations in seconds, in place of `slow`; `slowThreshold` must be one of its edges. */
  readonly histogram?: Histogram;
}

/** The operations of the units of one bucket, in one epoch, block and service version. */
export interface UnitCell {
  readonly epoch: string;
  readonly from: number | string;
  readonly serviceVersion: string;
  readonly variant: string;
  /** 0 to 15, by a hash of the unit that no flag SDK assigns by. */
  readonly bucket: number;
  /** Operations counted, at most three an hour for each unit. */
  readonly requests: number;
  readonly errors: number;
  readonly slow?: number | null;
}

/** Units that failed for the first time in the comparison. */
export interface FailingUnits {
  readonly epoch: string;
  readonly from: number | string;
  readonly serviceVersion: string;
  readonly variant: string;
  readonly units: number;
}

/** Units by their first exposure in the comparison, against the shares of their epoch. */
export interface EpochUnits {
  readonly epoch: string;
  /** Share of the units by variant; all variants of the flag. */
  readonly allocation: Readonly<Record<string, number>>;
  /** Units first exposed, by variant. */
  readonly exposed: Readonly<Record<string, number>>;
}

/** Everything a verdict depends on: the same evidence gives the same verdict anywhere. */
export interface Evidence {
  readonly version: 1;
  readonly flag: string;
  readonly control: string;
  readonly treatment: string;
  readonly parameters?: Partial<VerdictParameters>;
  /** False where telemetry was lost: then nothing is called safe. @default true */
  readonly complete?: boolean;
  /** True where a backend folded series together for want of room: then nothing is called safe. @default false */
  readonly overflow?: boolean;
  /** Seconds since the comparison began. Unknown is not enough where `minSeconds` is above 0. */
  readonly elapsedSeconds?: number;
  readonly cells: readonly EvidenceCell[];
  /** Absent: requests are taken as independent, and the verdict says so. */
  readonly unitCells?: readonly UnitCell[] | null;
  /** Distinct units behind `unitCells`. Absent: the absolute margin proves nothing. */
  readonly distinctUnits?: number | null;
  /** Counted as further evidence of harm, never of safety. */
  readonly failingUnits?: readonly FailingUnits[] | null;
  /** Absent: the sample ratio is not tested. */
  readonly epochs?: readonly EpochUnits[] | null;
}
