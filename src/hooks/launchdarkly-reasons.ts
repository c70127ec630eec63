import type { Assignment } from '../core/evaluation.js';

/**
 * What LaunchDarkly's reasons say about the assignment, from its own SDK and through OpenFeature. A percentage
 * rollout is a plain `FALLTHROUGH` or `RULE_MATCH`, so these have to count as assigned; `TARGET_MATCH` is only ever
 * an individually targeted unit.
 */
export const LAUNCHDARKLY_ASSIGNMENTS: ReadonlyMap<string, Assignment> = new Map<string, Assignment>([
  ['FALLTHROUGH', 'assigned'],
  ['RULE_MATCH', 'assigned'],
  ['TARGET_MATCH', 'override'],
  ['OFF', 'default'],
  ['PREREQUISITE_FAILED', 'default'],
]);

/** LaunchDarkly's reasons in the words of the semantic conventions. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['FALLTHROUGH', 'default'],
  ['RULE_MATCH', 'targeting_match'],
  ['TARGET_MATCH', 'targeting_match'],
  ['OFF', 'disabled'],
  // "Considered off", as LaunchDarkly has it.
  ['PREREQUISITE_FAILED', 'disabled'],
  ['ERROR', 'error'],
]);

/** LaunchDarkly's kinds of error in the words of the semantic conventions. */
export const LAUNCHDARKLY_ERRORS: ReadonlyMap<string, string> = new Map([
  ['CLIENT_NOT_READY', 'provider_not_ready'],
  ['FLAG_NOT_FOUND', 'flag_not_found'],
  ['WRONG_TYPE', 'type_mismatch'],
  // Of any context that is not valid, not only of one without a key.
  ['USER_NOT_SPECIFIED', 'invalid_context'],
  ['MALFORMED_FLAG', 'parse_error'],
  ['EXCEPTION', 'general'],
]);

/**
 * A reason in the words of the semantic conventions, or `undefined` where LaunchDarkly added one since. Only of
 * experiments does the SDK tell that a split decided.
 */
export function semconvReason(kind: string, inExperiment: boolean): string | undefined {
  return inExperiment ? 'split' : REASONS.get(kind);
}
