import type { LDClient, LDOptions } from '@launchdarkly/node-server-sdk';
import { TelltaleHook } from '../hooks/launchdarkly.js';
import { observeStates } from '../hooks/launchdarkly-states.js';
import { createWrite } from '../hooks/sdk-adapter.js';
import { hasMethod } from '../hooks/sdk-kinds.js';
import { recordOptions } from '../instrument/record-options.js';

type Hook = NonNullable<LDOptions['hooks']>[number];
type Init = (key: string, options?: LDOptions) => LDClient;

const CALLER = 'telltale/instrumentation';

/** As `@launchdarkly/openfeature-node-server` 1.3 calls itself. */
const OPENFEATURE_PROVIDER = 'open-feature-node-server';

const patched = new WeakMap<Init, Init>();

/**
 * Gives every client that `init` makes Telltale's hook, and observes its `allFlagsState`, where the application did not
 * give it a hook of ours itself.
 *
 * @param isOn Asked for each evaluation: a client keeps its hooks for good.
 */
export function patchLaunchDarkly(sdk: unknown, isOn: () => boolean): void {
  if (!hasInit(sdk) || patched.has(sdk.init)) return;
  const { init } = sdk;
  const wrapped: Init = (key, options) => {
    const hooked = withHook(options, isOn);
    const client = init(key, hooked);
    if (hooked !== options && hasMethod(client, 'allFlagsState')) {
      observeStates(client, undefined, createWrite(CALLER, recordOptions(CALLER, {}), isOn));
    }
    return client;
  };
  patched.set(wrapped, init);
  sdk.init = wrapped;
}

/** Takes {@link patchLaunchDarkly} back. */
export function unpatchLaunchDarkly(sdk: unknown): void {
  const original = hasInit(sdk) ? patched.get(sdk.init) : undefined;
  if (hasInit(sdk) && original !== undefined) sdk.init = original;
}

function withHook(options: LDOptions | undefined, isOn: () => boolean): LDOptions | undefined {
  const { hooks = [], wrapperName } = options ?? {};
  // OpenFeature's provider makes its client so; OpenFeature's hook sees those evaluations already.
  if (wrapperName === OPENFEATURE_PROVIDER) return options;
  // Something else than a list is for the SDK to refuse, in its own words.
  if (!isOn() || !Array.isArray(hooks) || hooks.some((hook) => hook instanceof TelltaleHook)) return options;
  return { ...options, hooks: [...hooks, whileOn(new TelltaleHook(), isOn)] };
}

function whileOn(hook: Hook, isOn: () => boolean): Hook {
  return {
    getMetadata: () => hook.getMetadata(),
    beforeEvaluation: (context, data) =>
      (isOn() ? hook.beforeEvaluation?.(context, data) : undefined) ?? data,
    afterEvaluation: (context, data, detail) =>
      (isOn() ? hook.afterEvaluation?.(context, data, detail) : undefined) ?? data,
  };
}

function hasInit(sdk: unknown): sdk is { init: Init } {
  return typeof sdk === 'object' && sdk !== null && 'init' in sdk && typeof sdk.init === 'function';
}
