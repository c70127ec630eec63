import type { integrations, LDClient, LDEvaluationDetail } from '@launchdarkly/node-server-sdk';
import { checkOptions } from '../core/options.js';
import { recordOptions } from '../instrument/record-options.js';
import { METADATA, type SeriesContext, type SeriesData, toSeriesEvaluation } from './launchdarkly-series.js';
import { observeStates } from './launchdarkly-states.js';
import { type VariationNames, variationNames } from './launchdarkly-variations.js';
import {
  attachAdapter,
  createWrite,
  type Detach,
  type EvaluationRecordOptions,
  type SdkAdapter,
  type Write,
} from './sdk-adapter.js';

export type { Detach, EvaluationRecordOptions };

/** What {@link TelltaleHook} and {@link observeLaunchDarkly} may be told. */
export interface LaunchDarklyOptions extends EvaluationRecordOptions {
  /**
   * Names of variations, by flag key and in the order they have in LaunchDarkly, whose SDK knows their numbers alone:
   * `{ 'new-checkout': ['control', 'treatment'] }`. A variation without a name here is its number.
   */
  readonly variations?: Readonly<Record<string, readonly string[]>>;
}

type Hook = integrations.Hook;

const ADAPTER: SdkAdapter = {
  caller: 'observeLaunchDarkly',
  expects: "a client of LaunchDarkly's Node server SDK",
  methods: ['variationDetail', 'allFlagsState', 'addHook'],
  packages: [{ name: '@launchdarkly/node-server-sdk', from: '9.4.0', below: 10 }],
};

/**
 * Observes every evaluation of a LaunchDarkly client, and every flag that is read of what its `allFlagsState` gives:
 * the attribute `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log
 * record `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The variant is the
 * variation's index, or its name where an option tells it.
 *
 * Of a state, `getFlagValue` is an evaluation of one flag and `allValues` of each, up to as many as a span holds;
 * `toJSON`, which bootstraps a browser, is none.
 *
 * @returns What stops it. A client has no way to take a hook out: one that does nothing stays.
 * @throws TypeError where `client` is no LaunchDarkly client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { init } from '@launchdarkly/node-server-sdk';
 * import { observeLaunchDarkly } from 'telltale/launchdarkly';
 *
 * const client = init('sdk-key');
 * observeLaunchDarkly(client, { variations: { 'new-checkout': ['control', 'treatment'] } });
 * ```
 */
export function observeLaunchDarkly(client: LDClient, options: LaunchDarklyOptions = {}): Detach {
  const { names, records } = resolve(ADAPTER.caller, options);
  return attachAdapter(ADAPTER, client, records, (given, write) => {
    // Once detached, `write` does nothing.
    hookOf(given).observer = (series, detail) => write(() => toSeriesEvaluation(series, detail, names));
    return observeStates(given, names, write);
  });
}

/**
 * Hook for LaunchDarkly's Node server SDK that writes every evaluation, as {@link observeLaunchDarkly} does, from the
 * moment the client is made. It never changes an evaluation's result, does no I/O and never throws. `allFlagsState`
 * calls no hooks, so what is read through it is not seen.
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
  readonly #write: Write;
  readonly #names: VariationNames | undefined;

  /** @throws TypeError where an option is unknown or none of its values, or a variable `TELLTALE_*` is wrong. */
  constructor(options: LaunchDarklyOptions = {}) {
    const { names, records } = resolve('TelltaleHook', options);
    this.#names = names;
    this.#write = createWrite('the LaunchDarkly hook', recordOptions('TelltaleHook', records), () => true);
  }

  /** What LaunchDarkly calls the hook in its log. */
  getMetadata(): { readonly name: string } {
    return METADATA;
  }

  /** Called by LaunchDarkly once the result is known, whatever it is; gives `data` back as it came. */
  afterEvaluation(hookContext: SeriesContext, data: SeriesData, detail: LDEvaluationDetail): SeriesData {
    this.#write(() => toSeriesEvaluation(hookContext, detail, this.#names));
    return data;
  }
}

/** The hook of a client for whoever observes it; one for good, so that attaching again adds no further one. */
class ClientHook implements Hook {
  observer: ((series: SeriesContext, detail: LDEvaluationDetail) => void) | undefined;

  getMetadata(): { readonly name: string } {
    return METADATA;
  }

  afterEvaluation(hookContext: SeriesContext, data: SeriesData, detail: LDEvaluationDetail): SeriesData {
    this.observer?.(hookContext, detail);
    return data;
  }
}

const clientHooks = new WeakMap<LDClient, ClientHook>();

function hookOf(client: LDClient): ClientHook {
  const known = clientHooks.get(client);
  if (known !== undefined) return known;
  const hook = new ClientHook();
  client.addHook?.(hook);
  clientHooks.set(client, hook);
  return hook;
}

function resolve(
  caller: string,
  options: LaunchDarklyOptions,
): { readonly names: VariationNames | undefined; readonly records: EvaluationRecordOptions } {
  checkOptions(caller, options, ['records', 'values', 'errorMessages', 'variations']);
  const { variations, ...records } = options;
  return { names: variationNames(`${caller}: option "variations"`, variations), records };
}
