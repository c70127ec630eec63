import {
  basicLogger,
  init,
  integrations,
  type LDClient,
  type LDOptions,
} from '@launchdarkly/node-server-sdk';

/** A client of the real SDK that reads flags from `data` and speaks to nobody; it may not be ready yet. */
export function createClient(
  data: integrations.TestData,
  hooks: integrations.Hook[],
  options: LDOptions = {},
): LDClient {
  return init('sdk-key', {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: basicLogger({ level: 'none' }),
    hooks,
    ...options,
  });
}

/** The same with {@link flagsOf}, ready. */
export async function readyClient(...hooks: integrations.Hook[]): Promise<LDClient> {
  const client = createClient(flagsOf(new integrations.TestData()), hooks);
  await client.waitForInitialization({ timeout: 5 });
  return client;
}

/** Flags for every way that LaunchDarkly comes to a result. Boolean ones have `true` as their variation 0. */
function flagsOf(data: integrations.TestData): integrations.TestData {
  void data.update(data.flag('boolean').variationForAll(false));
  void data.update(data.flag('string').variations('v1', 'v2').fallthroughVariation(1));
  void data.update(data.flag('number').variations(1, 2).fallthroughVariation(0));
  void data.update(data.flag('json').variations({ size: 1 }, { size: 2 }).fallthroughVariation(1));
  void data.update(data.flag('off').on(false));
  void data.update(
    data.flag('rule').fallthroughVariation(false).ifMatch('user', 'plan', 'pro').thenReturn(true),
  );
  void data.update(data.flag('target').fallthroughVariation(false).variationForUser('ada@example.org', true));
  const split = { weighted: [50_000, 50_000], salt: 'pepper' };
  void data.usePreconfiguredFlag(rollout('rollout', 'rollout', split));
  void data.usePreconfiguredFlag(rollout('experiment', 'experiment', split));
  void data.usePreconfiguredFlag({
    ...rollout('prerequisite', 'rollout', split),
    prerequisites: [{ key: 'off', variation: 0 }],
  });
  void data.usePreconfiguredFlag({
    ...rollout('off-without', 'rollout', split),
    on: false,
    offVariation: null,
  });
  return data;
}

/** A flag as LaunchDarkly delivers it, which falls through to a rollout of its variations by user. */
function rollout(
  key: string,
  kind: 'rollout' | 'experiment',
  { weighted, salt }: { readonly weighted: readonly number[]; readonly salt: string },
): Record<string, unknown> {
  const variations = weighted.map((weight, variation) => ({ variation, weight }));
  return {
    key,
    version: 1,
    on: true,
    salt,
    offVariation: 1,
    variations: [true, false],
    fallthrough: { rollout: { kind, contextKind: 'user', variations } },
  };
}
