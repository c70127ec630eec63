import type {
  EvaluationSeriesContext,
  EvaluationSeriesData,
  Hook,
  LDClient,
  LDEvaluationDetail,
} from '@launchdarkly/js-client-sdk';
import { isFirstSight } from '../core/mark.js';
import { guarded } from '../web/guard.js';
import { type EvaluationRecordOptions, type RecordOptions, recordOptions } from '../web/record-options.js';
import { writeEvaluation } from '../web/write-evaluation.js';
import { toEvaluation } from './launchdarkly-evaluation.js';
import type { Detach } from './sdk-adapter.js';
import { type ExpectedClient, expectClient } from './sdk-client.js';

export { FeatureFlagSpanProcessor } from '../web/span-processor.js';
export type { Detach, EvaluationRecordOptions };

/** Hooks are told neither the environment's id nor the flag's version. Who it is, a page does not write. */
const NOT_TOLD = { setId: undefined, version: undefined, targetingKey: undefined };
const METADATA = { name: 'telltale' };
const EXPECTED: ExpectedClient = {
  caller: 'observeLaunchDarkly',
  expects: "a client of LaunchDarkly's JavaScript client SDK",
  methods: ['variationDetail', 'allFlags', 'identify', 'addHook'],
};

/**
 * Hook for LaunchDarkly's JavaScript client SDK that writes every evaluation of a page: the log record
 * `feature_flag.evaluation`, and, through {@link FeatureFlagSpanProcessor}, `feature_flags.<key>` on spans started
 * later. The variant is the variation's index; the reason is known where the SDK's option `withReasons` is on.
 * It never changes an evaluation's result, does no I/O and never throws. `allFlags` calls no hooks, so what is read
 * through it is not seen.
 *
 * @example
 * ```ts
 * import { createClient } from '@launchdarkly/js-client-sdk';
 * import { TelltaleHook } from 'telltale/launchdarkly-web';
 *
 * const context = { kind: 'user', key: 'user-1' };
 * const hooks = [new TelltaleHook()];
 * const client = createClient('client-side-id', context, { hooks, withReasons: true });
 * await client.start();
 * ```
 */
export class TelltaleHook implements Hook {
  readonly #options: RecordOptions;

  /** @throws TypeError where an option is unknown or none of its values. */
  constructor(options: EvaluationRecordOptions = {}) {
    this.#options = recordOptions('TelltaleHook', options);
  }

  /** What LaunchDarkly calls the hook in its log. */
  getMetadata(): { readonly name: string } {
    return METADATA;
  }

  /** Called by LaunchDarkly once the result is known, whatever it is; gives `data` back as it came. */
  afterEvaluation(
    hookContext: EvaluationSeriesContext,
    data: EvaluationSeriesData,
    detail: LDEvaluationDetail,
  ): EvaluationSeriesData {
    write(hookContext, detail, this.#options);
    return data;
  }
}

/** LaunchDarkly has no way to take a hook out, so this one can be silent. */
class ObservingHook implements Hook {
  /** `undefined` where nobody observes. */
  options: RecordOptions | undefined;

  getMetadata(): { readonly name: string } {
    return METADATA;
  }

  afterEvaluation(
    hookContext: EvaluationSeriesContext,
    data: EvaluationSeriesData,
    detail: LDEvaluationDetail,
  ): EvaluationSeriesData {
    if (this.options !== undefined) write(hookContext, detail, this.options);
    return data;
  }
}

const observing = new WeakMap<LDClient, ObservingHook>();

/**
 * Observes every evaluation of a client that is there already, as {@link TelltaleHook} does for one that is made.
 * Observed twice, or both ways, an evaluation is written once.
 *
 * @returns What stops it.
 * @throws TypeError where `client` is no client of LaunchDarkly's JavaScript client SDK, or an option is wrong.
 *
 * @example
 * ```ts
 * import { createClient } from '@launchdarkly/js-client-sdk';
 * import { observeLaunchDarkly } from 'telltale/launchdarkly-web';
 *
 * const client = createClient('client-side-id', { kind: 'user', key: 'user-1' }, { withReasons: true });
 * observeLaunchDarkly(client);
 * await client.start();
 * ```
 */
export function observeLaunchDarkly(client: LDClient, options: EvaluationRecordOptions = {}): Detach {
  const resolved = recordOptions('observeLaunchDarkly', options);
  expectClient(EXPECTED, client);
  let hook = observing.get(client);
  if (hook === undefined) {
    hook = new ObservingHook();
    client.addHook(hook);
    observing.set(client, hook);
  }
  const attached = hook;
  attached.options ??= resolved;
  const { options: mine } = attached;
  return () => {
    if (attached.options === mine) attached.options = undefined;
  };
}

function write(
  hookContext: EvaluationSeriesContext,
  detail: LDEvaluationDetail,
  options: RecordOptions,
): void {
  guarded('the LaunchDarkly hook', () => {
    // All hooks of one evaluation get the same context object, which nobody else has; the detail would do as well, but
    // that one is handed to the application.
    if (!isFirstSight(hookContext)) return;
    const evaluation = toEvaluation(hookContext.flagKey, detail, undefined, NOT_TOLD);
    if (evaluation !== undefined) writeEvaluation(evaluation, options);
  });
}
