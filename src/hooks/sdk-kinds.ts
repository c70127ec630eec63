/** What an adapter observes, by the marks of its shape: classes are minified in some SDKs and loaded twice in others. */
interface SdkKind {
  /** The SDK, as its users name it. */
  readonly name: string;
  /** How it is observed; completes "use ...". */
  readonly use: string;
  /** Methods that together no other SDK's object has. */
  readonly methods: readonly string[];
}

const KINDS: readonly SdkKind[] = [
  {
    name: 'an OpenFeature client',
    use: "`client.addHooks(new TelltaleHook())` of 'telltale/openfeature', or of 'telltale/web' in a browser",
    methods: ['getBooleanDetails', 'addHooks'],
  },
  {
    name: "a client of LaunchDarkly's Node server SDK",
    use: "`observeLaunchDarkly(client)` of 'telltale/launchdarkly'",
    methods: ['variationDetail', 'allFlagsState'],
  },
  {
    name: "a client of LaunchDarkly's JavaScript client SDK",
    use: "`observeLaunchDarkly(client)` of 'telltale/launchdarkly-web'",
    methods: ['variationDetail', 'allFlags', 'identify'],
  },
  {
    name: 'an Unleash client',
    use: "`observeUnleash(unleash)` of 'telltale/unleash'",
    methods: ['isEnabled', 'getVariant', 'getFeatureToggleDefinitions'],
  },
  {
    name: 'a GrowthBook instance or client',
    use: "`observeGrowthBook(growthbook)` of 'telltale/growthbook'",
    methods: ['evalFeature', 'getFeatures'],
  },
  {
    name: 'a ConfigCat client',
    use: "`observeConfigCat(client)` of 'telltale/configcat'",
    methods: ['getValueAsync', 'getValueDetailsAsync', 'snapshot'],
  },
  {
    name: 'a Split factory',
    use: "`observeSplit(factory)` of 'telltale/split'",
    methods: ['client', 'manager', 'destroy'],
  },
  {
    name: 'a Split client',
    use: "`observeSplit(client)` of 'telltale/split'",
    methods: ['getTreatment', 'getTreatmentWithConfig'],
  },
  {
    name: 'a Statsig client',
    use: "`observeStatsig(statsig)` of 'telltale/statsig'",
    methods: ['checkGate', 'getDynamicConfig', 'getExperiment'],
  },
  {
    name: 'a Flagsmith client',
    use: "`observeFlagsmith(flagsmith)` of 'telltale/flagsmith'",
    methods: ['getEnvironmentFlags', 'getIdentityFlags'],
  },
  {
    name: 'a PostHog client',
    use: "`observePostHog(posthog)` of 'telltale/posthog'",
    methods: ['getFeatureFlag', 'isFeatureEnabled', 'capture'],
  },
  {
    name: 'a DevCycle client',
    use: "`observeDevCycle(client)` of 'telltale/devcycle'",
    methods: ['variableValue', 'allVariables'],
  },
  {
    name: 'an Optimizely client',
    use: "`observeOptimizely(client)` of 'telltale/optimizely'",
    methods: ['createUserContext', 'getOptimizelyConfig'],
  },
  {
    name: 'a Flipt client',
    use: "`observeFlipt(client)` of 'telltale/flipt'",
    methods: ['evaluateVariant', 'evaluateBoolean', 'evaluateBatch'],
  },
  {
    name: 'a FeatureManager of Microsoft FeatureManagement',
    use: "`observeFeatureManager(FeatureManager, provider)` of 'telltale/feature-management', where it is made",
    methods: ['isEnabled', 'getVariant', 'listFeatureNames'],
  },
  {
    name: "a module of Vercel's Flags SDK",
    use: "`observeFlags(sdk)` of 'telltale/vercel-flags'",
    methods: ['flag', 'getProviderData', 'createFlagsDiscoveryEndpoint'],
  },
];

/** What an object looks like and how that is observed, or `undefined` where no adapter fits. */
export function kindOf(object: unknown): { readonly name: string; readonly use: string } | undefined {
  return KINDS.find(({ methods }) => methods.every((method) => hasMethod(object, method)));
}

/** Whether an object has a method of that name, its own or inherited. */
export function hasMethod(object: unknown, name: string): boolean {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return false;
  return typeof Reflect.get(object, name) === 'function';
}
