import { context } from '@opentelemetry/api';
import type { Scope } from '../core/scope.js';
import { attachInstruments } from './instruments.js';
import type { OperationShape } from './operation-durations.js';
import { emitOperationFailed } from './operation-failed.js';
import { countUnit, isSlow, type UnitOutcome } from './unit-counts.js';

/** How an operation ended, whatever its kind. */
export interface OperationEnd {
  /** Its attributes in `telltale.operation.duration`. */
  readonly shape: OperationShape;
  /** Present where it failed. */
  readonly errorType: string | undefined;
  /** `http.route`, where it is known. */
  readonly route: string | undefined;
  /** Whether the client went away, which is no outcome of the variant. */
  readonly isAborted: boolean;
}

/**
 * Ends an operation: one record of `telltale.operation.duration` for each flag of its scope, the sums by unit
 * bucket, and where it failed the record `telltale.operation.failed`. Only once, and only where flags were evaluated.
 *
 * @param end Tells how it ended, or nothing where it has no duration to compare; asked for only where flags were
 * evaluated.
 */
export function endOperation(scope: Scope, end: () => OperationEnd | undefined): void {
  if (scope.ended) return;
  scope.ended = true;
  if (scope.flags.size === 0) return;
  const seconds = (performance.now() - scope.startMs) / 1_000;
  const outcome = end();
  const durations = attachInstruments();
  const unitOutcome = unitOutcomeOf(outcome, seconds);
  const active = context.active();
  const nowMs = Date.now();
  for (const flag of scope.flags.values()) {
    if (outcome !== undefined) durations.record(seconds, flag, outcome.shape, active);
    // Whatever came of it: who was exposed must not depend on how it ended.
    countUnit(flag, unitOutcome, nowMs);
  }
  if (outcome === undefined) return;
  if (outcome.errorType !== undefined) emitOperationFailed(scope, outcome.errorType, outcome.route);
}

function unitOutcomeOf(outcome: OperationEnd | undefined, seconds: number): UnitOutcome | undefined {
  if (outcome === undefined || outcome.isAborted) return undefined;
  return { isError: outcome.errorType !== undefined, isSlow: isSlow(seconds) };
}
