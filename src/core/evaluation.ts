/**
 * Why a unit has its variant: `assigned` by a split or rule of the release, `override` for an individually
 * targeted unit, `default` where the flag is off, missing or disabled, `error` where the evaluation failed.
 */
export type Assignment = 'assigned' | 'override' | 'default' | 'error';

/** Which evaluations become a log record `feature_flag.evaluation`. */
export type EvaluationRecords = 'sampled' | 'once-per-scope' | 'each' | 'off';

/** One evaluation, in OpenFeature's words whatever the SDK. Absent facts are `undefined`, never empty strings. */
export interface Evaluation {
  readonly key: string;
  /** Name of the result; `undefined` where the SDK gives none and the value is no boolean. */
  readonly variant: string | undefined;
  /** Lower-case, in the words of the semantic conventions. */
  readonly reason: string;
  readonly assignment: Assignment;
  readonly provider: string | undefined;
  readonly setId: string | undefined;
  readonly version: string | undefined;
  /** Lower-case error code of a failed evaluation. */
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
  /** The result, as the application gets it. */
  readonly value: unknown;
  /** Who the flag was evaluated for, as the application names it; never written as it is unless asked for. */
  readonly targetingKey: string | undefined;
}
