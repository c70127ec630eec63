import { attachAdapter, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';
import { FlagsObserver } from './vercel-flags-observer.js';

export type { EvaluationRecordOptions };

/** `flags/next` or `flags/sveltekit`, as `import * as` gives it. */
export interface FlagsModule {
  readonly flag: (declaration: never) => unknown;
}

const ADAPTER: SdkAdapter = {
  caller: 'observeFlags',
  expects: 'the module flags/next or flags/sveltekit',
  methods: ['flag'],
  packages: [{ name: 'flags', from: '4.1.0', below: 5 }],
};

/** What is observed of a module, by the module and by itself. */
const observedModules = new WeakMap<object, object>();

/**
 * Gives the module's functions so that every flag declared with its `flag` is observed: the attribute
 * `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log record
 * `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The variant is the label of the
 * option that the flag gave, without a label its value; a value that is none of the options has none, unless it is
 * `true` or `false`. Declare flags with this `flag`, and take `evaluate` and `getPrecomputed` from here too; the rest is
 * as the module has it.
 *
 * @throws TypeError where `sdk` has no `flag`, or an option is wrong.
 *
 * @example
 * ```ts
 * import * as sdk from 'flags/next';
 * import { observeFlags } from 'telltale/vercel-flags';
 *
 * const { flag } = observeFlags(sdk);
 *
 * export const banner = flag<boolean>({ key: 'banner', decide: () => true });
 * ```
 */
export function observeFlags<Sdk extends FlagsModule>(sdk: Sdk, options: EvaluationRecordOptions = {}): Sdk {
  const known = typeof sdk === 'object' && sdk !== null ? observedModules.get(sdk) : undefined;
  if (known !== undefined) return known as Sdk;
  let observed: Sdk = sdk;
  attachAdapter(ADAPTER, sdk, options, (module, write) => {
    observed = { ...module, ...new FlagsObserver(module, write).functions() };
    return () => {};
  });
  observedModules.set(sdk, observed);
  observedModules.set(observed, observed);
  return observed;
}
