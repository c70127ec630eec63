import type { EvaluationDetails, FlagMetadata, FlagValue, Hook, HookContext } from '@openfeature/server-sdk';
import type { Assignment, Evaluation, EvaluationRecords } from '../core/evaluation.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { MAX_NAME_LENGTH } from '../core/limits.js';
import { isFirstSight } from '../core/mark.js';
import { checkOptions } from '../core/options.js';
import { recordEvaluation } from '../instrument/evaluate.js';

/** Options of {@link TelltaleHook}. */
export interface TelltaleHookOptions {
  /**
   * Which evaluations become a log record `feature_flag.evaluation`: `sampled`, once per operation for each
   * variant where the operation's trace is sampled or there is no trace; `once-per-scope`, the same whatever the
   * sampling; `each`, every evaluation; `off`, none. Metrics and span attributes do not depend on it.
   *
   * @default 'sampled'
   */
  readonly records?: EvaluationRecords;
  /**
   * Whether a failed evaluation's record has the provider's message, `feature_flag.error.message`, beside
   * `error.type`. Providers put targeting keys and values of the evaluation context into it.
   *
   * @default false
   */
  readonly errorMessages?: boolean;
}

const RECORDS: readonly EvaluationRecords[] = ['sampled', 'once-per-scope', 'each', 'off'];

/**
 * What OpenFeature's reasons, and those that providers pass through it, say about the assignment. A fractional
 * split and a tester rule are both `TARGETING_MATCH` in flagd, so it has to count as assigned; LaunchDarkly's
 * `TARGET_MATCH` is only ever an individually targeted unit. What is not listed is assigned.
 */
const ASSIGNMENTS: ReadonlyMap<string, Assignment> = new Map<string, Assignment>([
  ['SPLIT', 'assigned'],
  ['TARGETING_MATCH', 'assigned'],
  // Of whatever the provider caches; see `assignmentOf` for flagd.
  ['CACHED', 'assigned'],
  ['STALE', 'assigned'],
  ['UNKNOWN', 'assigned'],
  ['STATIC', 'default'],
  ['DEFAULT', 'default'],
  ['DISABLED', 'default'],
  ['ERROR', 'error'],
  // LaunchDarkly's words, as its provider passes them on.
  ['FALLTHROUGH', 'assigned'],
  ['RULE_MATCH', 'assigned'],
  ['TARGET_MATCH', 'override'],
  ['OFF', 'default'],
  ['PREREQUISITE_FAILED', 'default'],
]);

/**
 * OpenFeature hook that writes every evaluation: the attribute `feature_flags.<key>` on the operation's entry
 * span, the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the flag's share in
 * `telltale.operation.duration`. It never changes an evaluation's result, does no I/O and never throws.
 *
 * @example
 * ```ts
 * import { OpenFeature } from '@openfeature/server-sdk';
 * import { TelltaleHook } from 'telltale/openfeature';
 *
 * OpenFeature.addHooks(new TelltaleHook());
 * ```
 */
export class TelltaleHook implements Hook {
  readonly #records: EvaluationRecords;
  readonly #errorMessages: boolean;

  /** @throws TypeError where an option is unknown or none of its values. */
  constructor(options: TelltaleHookOptions = {}) {
    checkOptions('TelltaleHook', options, ['records', 'errorMessages']);
    const { records = 'sampled', errorMessages = false } = options;
    if (typeof errorMessages !== 'boolean') {
      throw new TypeError(
        `TelltaleHook: option "errorMessages" has to be true or false, got ${JSON.stringify(errorMessages)}.`,
      );
    }
    if (!RECORDS.includes(records)) {
      throw new TypeError(
        `TelltaleHook: option "records" has to be one of ${RECORDS.join(', ')}, got ${JSON.stringify(records)}.`,
      );
    }
    this.#records = records;
    this.#errorMessages = errorMessages;
  }

  // All work happens here: `finally` also runs when the provider is not ready, and what goes wrong in it cannot
  // change the result, whereas a throwing `after` hands the caller the default value. It is awaited, so it stays
  // synchronous.
  finally(hookContext: Readonly<HookContext<FlagValue>>, details: EvaluationDetails<FlagValue>): void {
    if (isDisabled()) return;
    try {
      // All hooks of one evaluation get the same details object, and every evaluation gets its own: so a hook
      // that is registered globally and on a client, or twice, writes once. Hook contexts differ between hooks.
      if (!isFirstSight(details)) return;
      recordEvaluation(toEvaluation(hookContext, details, this.#errorMessages), this.#records);
    } catch (error) {
      takeFault('the OpenFeature hook', error);
    }
  }
}

function toEvaluation(
  hookContext: Readonly<HookContext<FlagValue>>,
  details: EvaluationDetails<FlagValue>,
  errorMessages: boolean,
): Evaluation {
  const errorCode = details.errorCode || undefined;
  // Empty texts are what flagd's protocol gives for none.
  const reason = details.reason || 'UNKNOWN';
  const provider = hookContext.providerMetadata?.name ?? '';
  return {
    key: hookContext.flagKey,
    variant: details.variant || (typeof details.value === 'boolean' ? String(details.value) : undefined),
    reason: errorCode === undefined ? lowerCase(reason) : 'error',
    assignment: errorCode === undefined ? assignmentOf(reason, provider) : 'error',
    provider: capped(provider) || undefined,
    setId: metadataText(details.flagMetadata, 'flagSetId'),
    version: metadataText(details.flagMetadata, 'version'),
    errorType: errorCode === undefined ? undefined : lowerCase(errorCode),
    errorMessage: errorMessages ? details.errorMessage || undefined : undefined,
  };
}

function assignmentOf(reason: string, provider: string): Assignment {
  // flagd's provider caches static results only, which nobody was assigned.
  if (reason === 'CACHED' && provider === 'flagd') return 'default';
  return ASSIGNMENTS.get(reason) ?? ASSIGNMENTS.get(reason.toUpperCase()) ?? 'assigned';
}

const lowerCased = new Map<string, string>();

/** Lower-case as the semantic conventions write it; remembered, because there are few and evaluations are many. */
function lowerCase(word: string): string {
  const known = lowerCased.get(word);
  if (known !== undefined) return known;
  const lower = capped(word).toLowerCase();
  if (lowerCased.size < 64 && word.length <= MAX_NAME_LENGTH) lowerCased.set(word, lower);
  return lower;
}

function metadataText(metadata: FlagMetadata | undefined, name: string): string | undefined {
  const value = metadata?.[name];
  if (value === undefined || value === '') return undefined;
  return capped(String(value));
}

function capped(text: string): string {
  return text.length > MAX_NAME_LENGTH ? text.slice(0, MAX_NAME_LENGTH) : text;
}
