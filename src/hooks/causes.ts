import type { Assignment } from '../core/evaluation.js';

/** Why a flag gave what it gave, in the words of the semantic conventions. */
export interface Cause {
  readonly reason: string;
  readonly assignment: Assignment;
  readonly errorType?: string;
}

export const NOT_READY: Cause = { reason: 'error', assignment: 'error', errorType: 'provider_not_ready' };
export const NOT_FOUND: Cause = { reason: 'error', assignment: 'error', errorType: 'flag_not_found' };
/** Nobody was named whom the flag could be evaluated for. */
export const NO_UNIT: Cause = { reason: 'error', assignment: 'error', errorType: 'targeting_key_missing' };
export const FAILED: Cause = { reason: 'error', assignment: 'error', errorType: 'general' };

export const OFF: Cause = { reason: 'disabled', assignment: 'default' };
/** Everybody gets the same. */
export const FOR_ALL: Cause = { reason: 'static', assignment: 'default' };
/** What is left where nothing matched. */
export const NO_RULE: Cause = { reason: 'default', assignment: 'default' };

/** A share of the units. */
export const SPLIT: Cause = { reason: 'split', assignment: 'assigned' };
/** A rule on what units are. */
export const RULE: Cause = { reason: 'targeting_match', assignment: 'assigned' };
/** The SDK remembered an earlier result. */
export const CACHED: Cause = { reason: 'cached', assignment: 'assigned' };
/** The SDK does not tell. */
export const UNKNOWN: Cause = { reason: 'unknown', assignment: 'assigned' };

/** The unit itself is listed. */
export const NAMED: Cause = { reason: 'targeting_match', assignment: 'override' };
