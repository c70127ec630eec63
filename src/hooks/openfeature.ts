import type { EvaluationDetails, FlagValue, Hook, HookContext } from '@openfeature/server-sdk';
import { isDisabled, takeFault } from '../core/faults.js';
import { isFirstSight } from '../core/mark.js';
import { recordEvaluation } from '../instrument/evaluate.js';
import {
  type EvaluationRecordOptions,
  type RecordOptions,
  recordOptions,
} from '../instrument/record-options.js';
import { toEvaluation } from './openfeature-evaluation.js';

const PART = 'TelltaleHook';

export type { EvaluationRecordOptions };

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
  readonly #options: RecordOptions;

  /** @throws TypeError where an option is unknown or none of its values, or a variable `TELLTALE_*` is wrong. */
  constructor(options: EvaluationRecordOptions = {}) {
    this.#options = recordOptions('TelltaleHook', options);
    import('./openfeature-version.js').then(
      ({ warn }) => warn(),
      () => {},
    );
  }

  // All work happens here: `finally` also runs when the provider is not ready, and what goes wrong in it cannot
  // change the result, whereas a throwing `after` hands the caller the default value. It is awaited, so it stays
  // synchronous.
  finally(hookContext: Readonly<HookContext<FlagValue>>, details: EvaluationDetails<FlagValue>): void {
    if (isDisabled(PART)) return;
    try {
      // All hooks of one evaluation get the same details object, and every evaluation gets its own: so a hook
      // that is registered globally and on a client, or twice, writes once. Hook contexts differ between hooks.
      if (!isFirstSight(details)) return;
      recordEvaluation(toEvaluation(hookContext, details), this.#options);
    } catch (error) {
      takeFault(PART, error);
    }
  }
}
