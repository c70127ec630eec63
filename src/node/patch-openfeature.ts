import type { Hook, OpenFeatureAPI } from '@openfeature/server-sdk';
import { TelltaleHook } from '../hooks/openfeature.js';

/** The part of OpenFeature's API that holds hooks for all clients. */
type HookHolder = Pick<OpenFeatureAPI, 'addHooks' | 'clearHooks' | 'getHooks'>;

const added = new WeakMap<object, Hook>();

/**
 * Adds Telltale's hook to OpenFeature's API, once. The ES module and the CommonJS form of its package share one API,
 * so it does not matter which of them comes here, or whether both do.
 */
export function patchOpenFeature(openFeature: unknown): void {
  const api = apiOf(openFeature);
  if (api === undefined || added.has(api)) return;
  const hook = new TelltaleHook();
  added.set(api, hook);
  api.addHooks(hook);
}

/** Takes {@link patchOpenFeature} back; the application's own hooks stay, in their order. */
export function unpatchOpenFeature(openFeature: unknown): void {
  const api = apiOf(openFeature);
  const hook = api === undefined ? undefined : added.get(api);
  if (api === undefined || hook === undefined) return;
  added.delete(api);
  const others = api.getHooks().filter((one) => one !== hook);
  api.clearHooks();
  api.addHooks(...others);
}

function apiOf(openFeature: unknown): HookHolder | undefined {
  if (typeof openFeature !== 'object' || openFeature === null || !('OpenFeature' in openFeature))
    return undefined;
  const api = openFeature.OpenFeature;
  return isHolder(api) ? api : undefined;
}

function isHolder(value: unknown): value is HookHolder {
  const names = ['addHooks', 'clearHooks', 'getHooks'];
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === 'function')
  );
}
