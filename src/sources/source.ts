import type { Histogram } from '../stats/index.js';

/** What a comparison asks of a store, whatever the store is. Times are Unix seconds, durations seconds. */
export interface Source {
  /** Flags with traffic in the window, most requests first; all of them, or the one asked for. */
  flags(window: Window, filter: ServiceFilter & { readonly flag?: string }): Promise<FlagTraffic[]>;
  /** Requests by block of `BLOCK_SECONDS` and variant, for finding where a release began. */
  timeline(selection: Selection, window: Window): Promise<TimelineEntry[]>;
  /** Operations with this variant, a row for each moment that an exporter reported, oldest first. */
  reports(selection: Selection, variant: string, window: Window): Promise<Report[]>;
  /** Counts by stratum, variant and what sets an operation apart. */
  counts(selection: Selection, window: Window, cut: Cut): Promise<Count[]>;
  /** The latency distribution of each variant's compared operations. */
  latencies(selection: Selection, window: Window): Promise<VariantLatency[]>;
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
}

/** How operations are cut into slow and not slow. */
export interface Cut {
  /** Slow is above 2^(edgeIndex/4) seconds. */
  readonly edgeIndex: number;
  /** Reports up to this moment were used to find the threshold; they make blocks of their own. */
  readonly calibratedUntil: number;
}

export interface FlagTraffic {
  readonly flag: string;
  readonly lastSeen: number;
  readonly services: readonly string[];
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

/** Operations that share all of these. */
export interface Count {
  readonly block: number;
  readonly service: string;
  readonly serviceVersion: string;
  readonly environment: string;
  readonly flagVersion: string;
  readonly variant: string;
  readonly assignment: string;
  readonly outcome: string;
  readonly overflow: boolean;
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
  /** Requests in buckets that lie on both sides of the threshold: whether they were slow is not known. */
  readonly unresolved: number;
}

export interface VariantLatency {
  readonly variant: string;
  readonly histogram: Histogram;
}
