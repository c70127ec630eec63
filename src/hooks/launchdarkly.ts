import type { integrations, LDEvaluationDetail } from '@launchdarkly/node-server-sdk';
import { isDisabled, takeFault } from '../core/faults.js';
import { isFirstSight } from '../core/mark.js';
import { recordEvaluation } from '../instrument/evaluate.js';
import {
  type EvaluationRecordOptions,
  type RecordOptions,
  recordOptions,
} from '../instrument/record-options.js';
import { canonicalKey } from './launchdarkly-context.js';
import { toEvaluation } from './launchdarkly-evaluation.js';

export type { EvaluationRecordOptions };

type Hook = integrations.Hook;
type SeriesContext = Parameters<NonNullable<Hook['afterEvaluation']>>[0];
type SeriesData = Parameters<NonNullable<Hook['afterEvaluation']>>[1];

const METADATA = { name: 'telltale' };

/**
 * Hook for LaunchDarkly's Node server SDK that writes every evaluation: the attribute `feature_flags.<key>` on the
 * operation's entry span, the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the
 * flag's share in `telltale.operation.duration`. The variant is the variation's index. It never changes an
 * evaluation's result, does no I/O and never throws. `allFlagsState` calls no hooks, so what is read through it is
 * not seen.
 *
 * @example
 * ```ts
 * import { init } from '@launchdarkly/node-server-sdk';
 * import { TelltaleHook } from 'telltale/launchdarkly';
 *
 * const client = init('sdk-key', { hooks: [new TelltaleHook()] });
 * ```
 */
export class TelltaleHook implements Hook {
  readonly #options: RecordOptions;

  /** @throws TypeError where an option is unknown or none of its values, or a variable `TELLTALE_*` is wrong. */
  constructor(options: EvaluationRecordOptions = {}) {
    this.#options = recordOptions('TelltaleHook', options);
  }

  /** What LaunchDarkly calls the hook in its log. */
  getMetadata(): { readonly name: string } {
    return METADATA;
  }

  /** Called by LaunchDarkly once the result is known, whatever it is; gives `data` back as it came. */
  afterEvaluation(hookContext: SeriesContext, data: SeriesData, detail: LDEvaluationDetail): SeriesData {
    if (isDisabled()) return data;
    try {
      // All hooks of one evaluation get the same context object, which nobody else has; the detail would do as
      // well, but that one is handed to the application.
      if (isFirstSight(hookContext)) {
        const { flagKey, context, environmentId } = hookContext;
        recordEvaluation(toEvaluation(flagKey, detail, environmentId, canonicalKey(context)), this.#options);
      }
    } catch (error) {
      takeFault('the LaunchDarkly hook', error);
    }
    return data;
  }
}
