import type { Histogram } from '../stats/index.js';
import type { GroupCount, Groups } from './groups.js';

/** What a comparison asks of a store, whatever the store is. Times are Unix seconds, durations seconds. */
export interface Source extends UnitSource {
  /** What of a comparison this store cannot give, in sentences; none where it gives all of it. */
  readonly cannot: readonly string[];
  /** What the counts of the flag rest on in this window, service by service in the order of their names. */
  evidence(selection: Selection, window: Window): Promise<EvidenceUse[]>;
  /** Flags with traffic in the window, most requests first; all of them, or the one asked for. */
  flags(window: Window, filter: Partial<Selection>): Promise<FlagTraffic[]>;
  /** Requests by block of `BLOCK_SECONDS` and variant, for finding where a release began. */
  timeline(selection: Selection, window: Window): Promise<TimelineEntry[]>;
  /**
   * Operations with this variant by the moment at which they were reported, oldest first; those after there were
   * `enough` may be missing.
   */
  reports(selection: Selection, variant: string, window: Window, enough: number): Promise<Report[]>;
  /** Counts by stratum, variant and what sets an operation apart. */
  counts(selection: Selection, window: Window, cut: Cut): Promise<Count[]>;
  /** The latency distribution of each variant's compared operations. */
  latencies(selection: Selection, window: Window): Promise<VariantLatency[]>;
  /** Cut in shorter steps, in seconds, counts would not be known, or be others in sum. */
  readonly stepSeconds: number;
  /**
   * `latencies` of each step. Absent: the store is not asked for it.
   *
   * @param moments at which steps end, ascending; the first begins with the window, the last is its end
   */
  latencySteps?(
    selection: Selection,
    window: Window,
    moments: readonly number[],
  ): Promise<VariantLatency[][]>;
  /**
   * Compared operations by route, `most` routes at most, those with most operations: sums of what `counts` answers to the
   * same question. Absent: the store is not asked for routes.
   */
  routes?(selection: Selection, window: Window, cut: Cut, most: number): Promise<Groups<GroupCount>>;
}

/** What a comparison asks about units: who had the operations, as far as applications tell. */
export interface UnitSource {
  /** Sums by unit bucket, of operations that the release assigned. */
  unitCounts(selection: Selection, window: Window, cut: Cut): Promise<UnitCount[]>;
  /** Units by variant, never more than there were, without what was reported in the blocks left out. */
  distinctUnits(
    selection: Selection,
    window: Window,
    cut: Cut,
    leftOut: readonly number[],
  ): Promise<VariantUnits[]>;
  /** What `distinctUnits` answers of the window up to each moment; the last is its end. */
  distinctSteps(
    selection: Selection,
    window: Window,
    cut: Cut,
    leftOut: readonly number[],
    moments: readonly number[],
  ): Promise<VariantUnits[][]>;
  /** Units exposed, by process: each process counts a unit once a day. */
  exposures(selection: Selection, window: Window): Promise<Exposure[]>;
  /**
   * Units by their first evaluation in the window that was recorded in one of these services, by id; no operations where
   * records of evaluations are not kept.
   *
   * @param bounds moments, ascending, between which first evaluations are counted apart
   * @param control units exposed before the window are left out from when another variant was given there first
   */
  firstExposures(
    selection: Selection,
    window: Window,
    services: readonly string[],
    bounds: readonly number[],
    control: string,
  ): Promise<FirstExposures>;
  /** Units by their first failure in the window; none where applications write no ids of units. */
  failingUnits(selection: Selection, window: Window, cut: Cut): Promise<FailingCount[]>;
}

/**
 * What operations are counted from: `telltale.operation.duration`; `http.server.request.duration` or a collector's
 * `traces.span.metrics.*` with `feature_flags.<key>`; entry spans with it; records and span events of flag SDKs' hooks
 * beside the entry spans of their traces.
 */
export type EvidenceKind =
  | 'operation-duration'
  | 'http-duration'
  | 'span-metrics'
  | 'entry-spans'
  | 'hook-events';

/** What one service's operations are counted from. */
export interface EvidenceUse {
  readonly service: string;
  readonly kind: EvidenceKind;
  /** Share of the operations that it holds: 1 all, null unknown. */
  readonly samplingRate: number | null;
  /** The label that the store has the flag in, where it has those of other keys in the same one. */
  readonly label?: string;
}

/** Length of a time block of the strata. The method allows 10 to 60 minutes; a canary is short. */
export const BLOCK_SECONDS = 600;

/** After `from`, up to and with `to`. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface ServiceFilter {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
}

export interface Selection extends ServiceFilter {
  readonly flag: string;
  readonly route?: string | undefined;
  /** What to count, as `evidence` answered for the whole of the window; left out: for the window of the question. */
  readonly evidence?: readonly EvidenceUse[];
}

/** How operations are cut into slow and not slow, and time into blocks. */
export interface Cut {
  /** Slow is above 2^(edgeIndex/4) seconds. */
  readonly edgeIndex: number;
  /** Reports up to this moment were used to find the threshold; they make blocks of their own. */
  readonly calibratedUntil: number;
  /** Moments, ascending, at which the block they fall in ends and another begins: shares may have changed there. */
  readonly changes: readonly number[];
}

export interface FlagTraffic {
  readonly flag: string;
  readonly lastSeen: number;
  readonly services: readonly string[];
  /** Empty: of what reports none. */
  readonly environments: readonly string[];
  readonly variants: readonly VariantTraffic[];
}

export interface VariantTraffic {
  readonly variant: string;
  /** Operations by `telltale.assignment`. */
  readonly assigned: number;
  readonly override: number;
  readonly default: number;
  readonly error: number;
}

export interface TimelineEntry {
  readonly block: number;
  readonly variant: string;
  /** When the first of them was reported. */
  readonly firstSeen: number;
  readonly requests: number;
}

export interface Report {
  readonly time: number;
  readonly requests: number;
}

/** Where and with which variant something happened. */
export interface Place {
  readonly block: number;
  readonly service: string;
  readonly serviceVersion: string;
  readonly environment: string;
  readonly variant: string;
}

/** Operations that share all of these. */
export interface Count extends Place {
  readonly flagVersion: string;
  readonly assignment: string;
  readonly outcome: string;
  readonly overflow: boolean;
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
  /** Requests in buckets that lie on both sides of the threshold: whether they were slow is not known. */
  readonly unresolved: number;
  /**
   * What sampled operations stand for, for rates alone: evidence is what was seen. Left out, they stand for
   * themselves; null: not known.
   */
  readonly standsFor?: { readonly requests: number; readonly errors: number } | null;
}

export interface VariantLatency {
  readonly variant: string;
  readonly histogram: Histogram;
  /** Its buckets lie between percentiles, which are all that is known: their counts are shares. */
  readonly percentilesOnly?: true;
}

/** Operations of the units of one bucket, at most three an hour for each unit and process. */
export interface UnitCount extends Place {
  /** 0 to 15, but where `overflow`. */
  readonly bucket: number;
  /** Folded together by a limit: of no bucket and no variant. */
  readonly overflow: boolean;
  readonly operations: number;
  readonly errors: number;
  /** null: not every process counts what is above this threshold. */
  readonly slow: number | null;
}

export interface VariantUnits {
  readonly variant: string;
  readonly units: number;
}

export interface Exposure extends VariantUnits {
  readonly process: string;
  /** When the first of its counters began. */
  readonly began: number;
  /** One of its counters began more than once, so that it may have counted units again. */
  readonly restarted: boolean;
}

/** What Telltale's own records of evaluations tell of who was exposed, and of how many operations there are any. */
export interface FirstExposures {
  readonly units: readonly FirstExposed[];
  /** Operations with a record, be it of no unit. */
  readonly operations: readonly RecordedOperations[];
  /** Records of earlier days may have been dropped, Unix seconds; 0: none were. */
  readonly keptFrom: number;
}

export const NO_EXPOSURES: FirstExposures = { units: [], operations: [], keptFrom: 0 };

/** Units whose first evaluation was in this stretch. */
export interface FirstExposed extends VariantUnits {
  /** How many of the bounds came before or at it. */
  readonly stretch: number;
  readonly flagVersion: string;
}

export interface RecordedOperations {
  readonly service: string;
  readonly variant: string;
  readonly operations: number;
  /** Those whose record has the id of a unit. */
  readonly identified: number;
}

export interface FailingCount extends Place {
  readonly units: number;
}
