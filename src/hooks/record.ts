import { countDrop } from '../core/drops.js';
import type { Assignment, Evaluation } from '../core/evaluation.js';
import { isDisabled, takeFault } from '../core/faults.js';
import { lowerCase, textOf, wordOf } from '../core/words.js';
import { recordEvaluation } from '../instrument/evaluate.js';
import { recordOptions } from '../instrument/record-options.js';
import { assignmentOf } from './openfeature-reasons.js';
import { resultVariant } from './result-variant.js';

const PART = 'telltale.record';

const ASSIGNMENTS: readonly Assignment[] = ['assigned', 'override', 'default', 'error'];

/** One evaluation of a flag, as {@link record} takes it; all but the key may be left out. */
export interface FlagEvaluation {
  readonly key: string;
  /** Name of the result; for a boolean value it need not be given. */
  readonly variant?: string | undefined;
  /** The result, as the application gets it. Written only where `values` is on. */
  readonly value?: unknown;
  /**
   * Why it came to that, in OpenFeature's words: `split`, `targeting_match`, `static`, `default`, `disabled`, ...
   *
   * @default 'error' where there is an error type, else 'unknown'
   */
  readonly reason?: string | undefined;
  /**
   * Why the unit has its variant.
   *
   * @default what `reason` says: 'default' for static, default and disabled, 'error' for error, else 'assigned'
   */
  readonly assignment?: Assignment | undefined;
  /** What evaluated it: the SDK or service. */
  readonly provider?: string | undefined;
  /** The project or environment the flag is of. */
  readonly setId?: string | undefined;
  /** Version of the flag's configuration. */
  readonly version?: string | number | undefined;
  /** Code of the error, where the evaluation failed: `flag_not_found`, `type_mismatch`, ... */
  readonly errorType?: string | undefined;
  readonly errorMessage?: string | undefined;
  /** Who it was evaluated for; written in the clear only where that is asked for. */
  readonly targetingKey?: string | undefined;
}

/**
 * Writes one evaluation of a flag that no hook sees: of an SDK without an entry point here, or of one's own. The same
 * is written as by the hooks, with the options of `configure()`. Call it where the flag was evaluated, so that it
 * finds its operation. It never throws: what is no evaluation is counted in `telltale.dropped`, with one warning.
 *
 * @example
 * ```ts
 * import { record } from 'telltale';
 *
 * const size = process.env['CART_SIZE'] === 'large' ? 'large' : 'small';
 * record({ key: 'cart-size', variant: size, reason: 'static', provider: 'environment' });
 * ```
 */
export function record(evaluation: FlagEvaluation): void {
  if (isDisabled(PART)) return;
  try {
    const wrong = whatIsWrong(evaluation);
    if (wrong !== undefined) {
      countDrop('malformed_evaluation', () => `record() was given no evaluation: ${wrong}.`);
      return;
    }
    recordEvaluation(toEvaluation(evaluation), recordOptions('record', {}));
  } catch (error) {
    takeFault(PART, error);
  }
}

function whatIsWrong(given: FlagEvaluation): string | undefined {
  if (typeof given !== 'object' || given === null)
    return `expected an object with a key, got ${typeof given}`;
  const { key, variant, assignment } = given;
  if (typeof key !== 'string' || key === '')
    return `its key has to be a text that is not empty, got ${typeof key}`;
  if (variant !== undefined && textOf(variant) === undefined) {
    return `the variant of "${key}" has to be a text that is not empty, got ${typeof variant}`;
  }
  if (assignment !== undefined && !ASSIGNMENTS.includes(assignment)) {
    return `the assignment of "${key}" has to be one of ${ASSIGNMENTS.join(', ')}, got "${String(assignment)}"`;
  }
  return undefined;
}

function toEvaluation(given: FlagEvaluation): Evaluation {
  const errorType = textOf(given.errorType);
  const provider = wordOf(given.provider);
  const reason = textOf(given.reason) ?? (errorType === undefined ? 'unknown' : 'error');
  const assignment = errorType === undefined ? assignmentOf(reason, provider) : 'error';
  return {
    key: given.key,
    variant: resultVariant(textOf(given.variant), given.value),
    reason: lowerCase(reason),
    assignment: given.assignment ?? assignment,
    provider,
    setId: wordOf(given.setId),
    version: wordOf(given.version),
    errorType: errorType === undefined ? undefined : lowerCase(errorType),
    errorMessage: textOf(given.errorMessage),
    value: given.value,
    targetingKey: textOf(given.targetingKey),
  };
}
