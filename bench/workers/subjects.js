// What is compared: clients of one flag SDK that differ in their hooks alone. Each is made in the same process, so
// that a difference is that of the hooks and not of two processes.
import { createRequire } from 'node:module';
import { TelltaleHook } from 'telltale/openfeature';

const { resolve } = createRequire(import.meta.url);

/** Keys of the flags; all are boolean and on. */
export const KEYS = Array.from({ length: 20 }, (_, index) => `flag-${index}`);

/** Whether a package is installed here. */
export function isInstalled(name) {
  try {
    resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Evaluations by name of what is hooked in: `(key, user) => Promise`. */
export async function openFeatureSubjects() {
  const { InMemoryProvider, OpenFeature } = await import('@openfeature/server-sdk');
  const variants = { on: true, off: false };
  const flag = { variants, defaultVariant: 'off', disabled: false, contextEvaluator: () => 'on' };
  await OpenFeature.setProviderAndWait(
    new InMemoryProvider(Object.fromEntries(KEYS.map((key) => [key, flag]))),
  );
  const hooks = { empty: [{ finally() {} }], telltale: [new TelltaleHook()] };
  if (isInstalled('@openfeature/open-telemetry-hooks')) {
    const { EventHook, MetricsHook, SpanEventHook } = await import('@openfeature/open-telemetry-hooks');
    hooks.official = [new EventHook(), new MetricsHook(), new SpanEventHook()];
  }
  return mapValues(hooks, (list, name) => {
    const client = OpenFeature.getClient(name);
    client.addHooks(...list);
    return (key, user) => client.getBooleanValue(key, false, { targetingKey: user });
  });
}

/** As {@link openFeatureSubjects}, of LaunchDarkly's server SDK, offline. */
export async function launchDarklySubjects() {
  const ld = await import('@launchdarkly/node-server-sdk');
  const { TelltaleHook: LaunchDarklyHook } = await import('telltale/launchdarkly');
  const emptyHook = { getMetadata: () => ({ name: 'empty' }), afterEvaluation: (_context, data) => data };
  const hooks = { empty: [emptyHook], telltale: [new LaunchDarklyHook()] };
  if (isInstalled('@launchdarkly/node-server-sdk-otel')) {
    const { TracingHook } = await import('@launchdarkly/node-server-sdk-otel');
    hooks.official = [new TracingHook()];
  }
  const { TestData } = await import('@launchdarkly/node-server-sdk/integrations');
  const data = new TestData();
  for (const key of KEYS) data.update(data.flag(key).booleanFlag().variationForAll(true));
  const subjects = {};
  for (const [name, list] of Object.entries(hooks)) {
    const client = ld.init(`sdk-${name}`, {
      updateProcessor: data.getFactory(),
      sendEvents: false,
      diagnosticOptOut: true,
      logger: ld.basicLogger({ level: 'none' }),
      hooks: list,
    });
    await client.waitForInitialization({ timeout: 5 });
    subjects[name] = (key, user) => client.variation(key, { kind: 'user', key: user }, false);
  }
  return subjects;
}

/** An object of the same names. */
export function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));
}
