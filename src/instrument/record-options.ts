import type { EvaluationRecords } from '../core/evaluation.js';
import { checkOptions, oneOf, trueOrFalse } from '../core/options.js';
import { RECORDS, settings } from '../core/settings.js';

/** What a hook may be told about its log records; what it is not told, {@link configure} or the environment says. */
export interface EvaluationRecordOptions {
  /**
   * Which evaluations become a log record `feature_flag.evaluation`.
   *
   * @default option `records` of `configure()`, else 'sampled'
   */
  readonly records?: EvaluationRecords;
  /**
   * Whether records have the result's value.
   *
   * @default option `values` of `configure()`, else false
   */
  readonly values?: boolean;
  /**
   * Whether a failed evaluation's record has the provider's message.
   *
   * @default option `errorMessages` of `configure()`, else false
   */
  readonly errorMessages?: boolean;
}

/** {@link EvaluationRecordOptions} with nothing open. */
export type RecordOptions = Required<EvaluationRecordOptions>;

/**
 * What a hook's options and the settings come to.
 *
 * @param caller The hook, as messages name it.
 * @throws TypeError where an option is unknown or none of its values.
 */
export function recordOptions(caller: string, given: EvaluationRecordOptions): RecordOptions {
  checkOptions(caller, given, ['records', 'values', 'errorMessages']);
  const usual = settings();
  const at = (name: string): string => `${caller}: option "${name}"`;
  return {
    records: oneOf(at('records'), given.records, RECORDS, usual.records),
    values: trueOrFalse(at('values'), given.values, usual.values),
    errorMessages: trueOrFalse(at('errorMessages'), given.errorMessages, usual.errorMessages),
  };
}
