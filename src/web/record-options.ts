import { checkOptions, oneOf, trueOrFalse } from '../core/options.js';

const RECORDS = ['once-per-scope', 'each', 'off'] as const;

/** What a hook may be told about its log records. A page has no environment variables, and no `configure()`. */
export interface EvaluationRecordOptions {
  /**
   * Which evaluations become a log record `feature_flag.evaluation`: `once-per-scope`, each result of a flag once in
   * the page's life; `each`, every evaluation; `off`, none. Attributes of spans do not depend on it.
   *
   * @default 'once-per-scope'
   */
  readonly records?: (typeof RECORDS)[number];
  /**
   * Whether records have the result's value, `feature_flag.result.value`, cut at 256 characters; structures as JSON.
   *
   * @default false
   */
  readonly values?: boolean;
  /**
   * Whether a failed evaluation's record has the provider's message, `feature_flag.error.message`. Providers put
   * targeting keys and values of the evaluation context into it.
   *
   * @default false
   */
  readonly errorMessages?: boolean;
}

/** {@link EvaluationRecordOptions} with nothing open. */
export type RecordOptions = Required<EvaluationRecordOptions>;

/**
 * What a hook's options come to.
 *
 * @param caller The hook, as messages name it.
 * @throws TypeError where an option is unknown or none of its values.
 */
export function recordOptions(caller: string, given: EvaluationRecordOptions): RecordOptions {
  checkOptions(caller, given, ['records', 'values', 'errorMessages']);
  const at = (name: string): string => `${caller}: option "${name}"`;
  return {
    records: oneOf(at('records'), given.records, RECORDS, 'once-per-scope'),
    values: trueOrFalse(at('values'), given.values, false),
    errorMessages: trueOrFalse(at('errorMessages'), given.errorMessages, false),
  };
}
