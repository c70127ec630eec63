import type { EvaluationDetails, FlagValue, Hook, HookContext } from '@openfeature/web-sdk';
import { isFirstSight } from '../core/mark.js';
import { guarded } from '../web/guard.js';
import { type EvaluationRecordOptions, type RecordOptions, recordOptions } from '../web/record-options.js';
import { writeEvaluation } from '../web/write-evaluation.js';
import { toEvaluation } from './openfeature-evaluation.js';

export { FeatureFlagSpanProcessor } from '../web/span-processor.js';
export type { EvaluationRecordOptions };

/**
 * Hook for OpenFeature's web SDK that writes every evaluation of a page: the log record `feature_flag.evaluation`, and,
 * through {@link FeatureFlagSpanProcessor}, `feature_flags.<key>` on spans started later. It never changes an
 * evaluation's result, does no I/O and never throws.
 *
 * @example
 * ```ts
 * import { OpenFeature } from '@openfeature/web-sdk';
 * import { TelltaleHook } from 'telltale/web';
 *
 * OpenFeature.addHooks(new TelltaleHook());
 * ```
 */
export class TelltaleHook implements Hook {
  readonly #options: RecordOptions;

  /** @throws TypeError where an option is unknown or none of its values. */
  constructor(options: EvaluationRecordOptions = {}) {
    this.#options = recordOptions('TelltaleHook', options);
  }

  // All work happens here: `finally` also runs when the provider is not ready, and whatever goes wrong in it cannot
  // change the result.
  finally(hookContext: Readonly<HookContext<FlagValue>>, details: EvaluationDetails<FlagValue>): void {
    guarded('the OpenFeature hook', () => {
      // All hooks of one evaluation get the same details object, and every evaluation gets its own.
      if (isFirstSight(details)) writeEvaluation(toEvaluation(hookContext, details), this.#options);
    });
  }
}
