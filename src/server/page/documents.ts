import type { EvidenceUse } from '../../sources/source.js';
import type { HoldReason, Verdict } from '../../stats/index.js';
import type { ChangeDocument } from '../change-log.js';

/*
 * What the page asks the API for beside comparisons. Times are ISO 8601, durations seconds, shares 0 to 1. `cannot` is a
 * sentence where the source does not have what was asked for, and what is asked for is then empty.
 */

/** `GET /api/v1/page`: what the page must know of the backend before it asks for data. */
export interface PageDocument {
  readonly version: string;
  /** Where telemetry is received; null: this backend reads what others store. */
  readonly otlpUrl: string | null;
  /** A link to a trace, with `{traceId}` in it; null: none was given. */
  readonly traceUrl: string | null;
  /** Paths of this API under which dashboards are. */
  readonly dashboards: readonly { readonly name: string; readonly path: string }[];
}

/**
 * Of `GET /api/v1/live`, server-sent events named `stored`: at once, then after telemetry was stored or an overview
 * altered, once a second at most.
 */
export interface StoredEvent {
  /** Grows with everything that is stored; begins anew with the backend. */
  readonly revision: number;
  /** Grows when an overview has altered, such as by a comparison that was made; begins anew with the backend. */
  readonly compared: number;
  /** When the backend last stored any, as far as it knows; null: not yet. */
  readonly at: string | null;
  /** Since the backend was started. */
  readonly received: { readonly spans: number; readonly points: number; readonly logRecords: number };
}

/** `GET /api/v1/overview`, with `since`, `until`, `service`, `env`, and `after` for what has altered since an earlier answer. */
export interface OverviewDocument {
  readonly window: { readonly from: string; readonly to: string };
  /** To be given as `after` the next time; begins anew with the backend. */
  readonly generation: string;
  /** Whether `flags` are those that have altered only; else all. */
  readonly partial: boolean;
  /** All flags in their order: alerts first, by their adjusted evidence; then by requests. */
  readonly order: readonly string[];
  readonly flags: readonly OverviewFlag[];
  /** Flags whose comparison is being made, or has to be made again. */
  readonly pending: number;
  /** Share of false alerts among all, at most. */
  readonly alpha: number;
  /** All there are in the window, whatever is filtered by. */
  readonly services: readonly string[];
  readonly environments: readonly string[];
  readonly cannot: readonly string[];
}

export interface OverviewFlag {
  readonly flag: string;
  readonly lastSeen: string;
  readonly services: readonly string[];
  readonly variants: readonly OverviewVariant[];
  /** null: not compared yet, or it cannot be: then `why` says so. */
  readonly comparisons: readonly OverviewComparison[] | null;
  /** Why there is none, or none newer. */
  readonly why: string | null;
  /** When it was compared; null: not yet. */
  readonly comparedAt: string | null;
  /** Proof of harm that holds with as many flags as there are looked at: ln e-value by e-BH, 0 where there is none; null: not compared. */
  readonly logEAdjusted: number | null;
  readonly alert: boolean;
  readonly lastChange: ChangeDocument | null;
  readonly evidence: readonly EvidenceUse[];
  /** What it was compared with beside the overview's filters, of `telltale.config.json`: parameters of a comparison. */
  readonly configured: Readonly<Record<string, string>>;
}

/** Of a flag that was compared, counts are since its comparison began; else they are of the overview's window. */
export interface OverviewVariant {
  readonly variant: string;
  readonly isControl: boolean;
  /** Operations, whatever assigned them. */
  readonly requests: number;
  readonly share: number;
  /** So many at least; null: none are counted. */
  readonly units: number | null;
  readonly unitShare: number | null;
}

/** A ratio with the bounds of its confidence sequence; null: not known, not bounded. */
export interface RatioInterval {
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface OverviewComparison {
  readonly treatment: string;
  readonly verdict: Verdict;
  readonly reasons: readonly HoldReason[];
  /** The first sentence of the explanation. */
  readonly summary: string;
  readonly requestsNeeded: number | null;
  readonly errors: RatioInterval;
  readonly slow: RatioInterval & { readonly threshold: number | null };
}

/** `GET /api/v1/flags/:key/course`, with a comparison's parameters and `steps`: how it went over time. */
export interface CourseDocument {
  readonly window: { readonly from: string; readonly to: string };
  readonly control: string;
  readonly slowThreshold: number | null;
  /** Ends of the steps, ascending; of the first, `window.from` is the beginning. All arrays below are as long. */
  readonly moments: readonly string[];
  /** Compared operations that were reported in each step. */
  readonly variants: readonly CourseVariant[];
  /** What the verdict was at the end of each step, counted from `window.from`. */
  readonly comparisons: readonly CourseComparison[];
  /** Within the window, oldest first. */
  readonly changes: readonly ChangeDocument[];
  readonly cannot: string | null;
}

export interface CourseVariant {
  readonly variant: string;
  readonly requests: readonly number[];
  readonly errors: readonly number[];
  /** null: what is slow was not fixed yet, or the store does not tell it of all of them. */
  readonly slow: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export interface CourseComparison {
  readonly treatment: string;
  readonly verdict: readonly Verdict[];
  readonly errors: readonly RatioInterval[];
  readonly slow: readonly RatioInterval[];
}

/** `GET /api/v1/flags/:key/latency`, with a comparison's parameters. */
export interface LatencyDocument {
  readonly window: { readonly from: string; readonly to: string };
  readonly slowThreshold: number | null;
  readonly variants: readonly VariantDistribution[];
}

export interface VariantDistribution {
  readonly variant: string;
  /** Compared operations with a duration; null, and no buckets: the source tells percentiles alone. */
  readonly requests: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** As they were recorded, ascending, those without any left out; `to` null: without a bound. */
  readonly buckets: readonly {
    readonly from: number;
    readonly to: number | null;
    readonly requests: number;
  }[];
}

/** `GET /api/v1/flags/:key/breakdown`, with a comparison's parameters and `by`: route, version or reason. */
export interface BreakdownDocument {
  readonly window: { readonly from: string; readonly to: string };
  readonly by: 'route' | 'version' | 'reason';
  /** Most operations first. */
  readonly groups: readonly BreakdownGroup[];
  /** Groups beyond the most that are shown. */
  readonly leftOut: number;
  readonly cannot: string | null;
}

export interface BreakdownGroup {
  /** A route, `service version environment`, or a reason; empty: it has none. */
  readonly name: string;
  readonly variants: readonly BreakdownVariant[];
}

export interface BreakdownVariant {
  readonly variant: string;
  /** Compared operations; by reason: evaluations. */
  readonly requests: number;
  /** null: not known by this. */
  readonly errors: number | null;
  readonly slow: number | null;
}

/** `GET /api/v1/flags/:key/failures`, with a comparison's parameters: the commonest of each variant. */
export interface FailuresDocument {
  readonly window: { readonly from: string; readonly to: string };
  /** Most in all variants together first. */
  readonly kinds: readonly FailureKind[];
  readonly leftOut: number;
  readonly cannot: string | null;
}

export interface FailureKind {
  readonly errorType: string;
  /** Empty: not known. */
  readonly exceptionType: string;
  readonly route: string;
  readonly variants: readonly {
    readonly variant: string;
    readonly operations: number;
    /** The newest, three at most, whose spans are stored. */
    readonly traces: readonly { readonly traceId: string; readonly at: string }[];
  }[];
}

/** `GET /api/v1/flags/:key/evaluations`, with `since`, `until`, `service`, `env`. */
export interface EvaluationsDocument {
  readonly window: { readonly from: string; readonly to: string };
  readonly evaluations: number;
  /** Those with an `error.type`. */
  readonly failed: number;
  /** Most first. */
  readonly kinds: readonly EvaluationKind[];
  readonly leftOut: number;
  readonly cannot: string | null;
}

export interface EvaluationKind {
  /** Empty: the evaluation had none. */
  readonly variant: string;
  readonly reason: string;
  readonly provider: string;
  /** Empty: it did not fail. */
  readonly errorType: string;
  readonly evaluations: number;
}

/** `GET /api/v1/traces/:id`: spans in the order of their start. */
export interface TraceDocument {
  readonly traceId: string;
  readonly start: string;
  readonly durationSeconds: number;
  readonly spans: readonly TraceSpan[];
  /** Spans beyond the most that are answered. */
  readonly leftOut: number;
}

export interface TraceSpan {
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: string;
  readonly service: string;
  /** After the trace's start. */
  readonly offsetSeconds: number;
  readonly durationSeconds: number;
  readonly failed: boolean;
  readonly statusMessage: string;
  /** Flags that it carries, with their variants. */
  readonly flags: Readonly<Record<string, string>>;
}
