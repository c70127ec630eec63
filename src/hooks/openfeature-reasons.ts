import type { Assignment } from '../core/evaluation.js';
import { LAUNCHDARKLY_ASSIGNMENTS } from './launchdarkly-reasons.js';

/**
 * What OpenFeature's reasons, and those that providers pass through it, say about the assignment. A fractional
 * split and a tester rule are both `TARGETING_MATCH` in flagd, so it has to count as assigned. What is not listed is
 * assigned too: `STALE`, `UNKNOWN`, and `CACHED` of whatever the provider caches; see `assignmentOf` for flagd.
 */
const ASSIGNMENTS: ReadonlyMap<string, Assignment> = new Map<string, Assignment>([
  ['SPLIT', 'assigned'],
  ['TARGETING_MATCH', 'assigned'],
  ['STATIC', 'default'],
  ['DEFAULT', 'default'],
  ['DISABLED', 'default'],
  ['ERROR', 'error'],
  // As GrowthBook's provider passes its sources on.
  ['DEFAULTVALUE', 'default'],
  ['PREREQUISITE', 'default'],
  ['OVERRIDE', 'override'],
  // As LaunchDarkly's provider passes them on.
  ...LAUNCHDARKLY_ASSIGNMENTS,
]);

/** What a reason, in OpenFeature's words and in either case, says about the assignment. */
export function assignmentOf(reason: string, provider: string | undefined): Assignment {
  // flagd's provider caches static results only, which nobody was assigned.
  if (reason === 'CACHED' && provider === 'flagd') return 'default';
  return ASSIGNMENTS.get(reason) ?? ASSIGNMENTS.get(reason.toUpperCase()) ?? 'assigned';
}
