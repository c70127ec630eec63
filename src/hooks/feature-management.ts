import type {
  EvaluationResult,
  FeatureManager,
  FeatureManagerOptions,
  IFeatureFlagProvider,
  ITargetingContext,
} from '@microsoft/feature-management';
import type { Evaluation } from '../core/evaluation.js';
import { capped, textOf } from '../core/words.js';
import { type Cause, FAILED, NOT_FOUND } from './causes.js';
import { causeOf, type FeatureFlag } from './feature-management-reasons.js';
import { attachAdapter, type EvaluationRecordOptions, type SdkAdapter, type Write } from './sdk-adapter.js';

export type { EvaluationRecordOptions };

/** The class `FeatureManager`, as the application imports it. */
export type FeatureManagerClass = new (
  provider: IFeatureFlagProvider,
  options?: FeatureManagerOptions,
) => FeatureManager;

type Variant = NonNullable<EvaluationResult['variant']>;

const PROVIDER = 'Microsoft FeatureManagement';

const ADAPTER: SdkAdapter = {
  caller: 'observeFeatureManager',
  expects: 'a FeatureManager',
  methods: ['isEnabled', 'getVariant'],
  packages: [{ name: '@microsoft/feature-management', from: '2.1.0', below: 3 }],
};

/** Of flags that have telemetry for our sake alone. */
const TELEMETRY = { enabled: true };

/** The flag that the manager is given, by the flag of the provider. */
const reporting = new WeakMap<FeatureFlag, FeatureFlag>();

/**
 * Makes a `FeatureManager` as `new FeatureManager(provider, managerOptions)` does, and observes its every evaluation,
 * whether or not the flag has telemetry: the attribute `feature_flags.<key>` on the operation's entry span, the counter
 * `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the flag's share in
 * `telltale.operation.duration`. The variant is its name, of a flag without variants `true` or `false`; `isEnabled` and
 * `getVariant` write the same. The manager keeps what it is made with in private, so it cannot be observed later.
 *
 * @param FeatureManager The class.
 * @param provider The manager's first argument.
 * @param managerOptions The manager's second argument; its `onFeatureEvaluated` is called as without Telltale.
 * @throws TypeError where the first argument is no class, or an option of Telltale is wrong.
 *
 * @example
 * ```ts
 * import { ConfigurationObjectFeatureFlagProvider, FeatureManager } from '@microsoft/feature-management';
 * import { observeFeatureManager } from 'telltale/feature-management';
 *
 * const provider = new ConfigurationObjectFeatureFlagProvider({ feature_management: { feature_flags: [] } });
 * const manager = observeFeatureManager(FeatureManager, provider);
 * ```
 */
export function observeFeatureManager(
  FeatureManager: FeatureManagerClass,
  provider: IFeatureFlagProvider,
  managerOptions?: FeatureManagerOptions,
  options: EvaluationRecordOptions = {},
): FeatureManager {
  if (typeof FeatureManager !== 'function') {
    throw new TypeError(
      `observeFeatureManager: expected the class FeatureManager first, got ${typeof FeatureManager}; ` +
        'where you have `new FeatureManager(provider, options)`, ' +
        'write `observeFeatureManager(FeatureManager, provider, options)`.',
    );
  }
  let attached: Write = () => {};
  const write: Write = (make) => attached(make);
  const failed = (featureName: unknown, context: unknown, error: unknown): never => {
    const key = textOf(featureName);
    if (key !== undefined) write(() => withoutResult(key, FAILED, error, unitOf(context)));
    throw error;
  };
  // What succeeds is told by the manager itself.
  class ObservedFeatureManager extends FeatureManager {
    override isEnabled(featureName: string, context?: unknown): Promise<boolean> {
      return super
        .isEnabled(featureName, context)
        .then(undefined, (error) => failed(featureName, context, error));
    }
    override getVariant(featureName: string, context?: ITargetingContext): Promise<Variant | undefined> {
      return super
        .getVariant(featureName, context)
        .then(undefined, (error) => failed(featureName, context, error));
    }
  }
  const manager = new ObservedFeatureManager(
    observedProvider(provider, write),
    observedOptions(managerOptions, write),
  );
  attachAdapter(ADAPTER, manager, options, (_manager, record) => {
    attached = record;
    return () => {};
  });
  return manager;
}

/** Gives the manager flags that it reports on, and tells of those that are missing, on which it never does. */
function observedProvider(provider: IFeatureFlagProvider, write: Write): IFeatureFlagProvider {
  const reported = (featureName: unknown, flag: FeatureFlag | undefined): FeatureFlag | undefined => {
    const key = textOf(featureName);
    if (flag === undefined && key !== undefined) write(() => withoutResult(key, NOT_FOUND));
    return typeof flag === 'object' && flag !== null ? reportingOf(flag) : flag;
  };
  return {
    getFeatureFlags: () => provider.getFeatureFlags(),
    // A promise more costs as much as all that is written of a repeated evaluation, so there is one and no other.
    getFeatureFlag(featureName) {
      const flag: unknown = provider.getFeatureFlag(featureName);
      return Promise.resolve(flag as FeatureFlag).then((found) => reported(featureName, found));
    },
  };
}

/** The flag as it is, also once it changes, with telemetry. The manager looks at it for nothing but that report. */
function reportingOf(flag: FeatureFlag): FeatureFlag {
  if (flag.telemetry?.enabled) return flag;
  const known = reporting.get(flag);
  if (known !== undefined) return known;
  const made: FeatureFlag = Object.create(flag, { telemetry: { value: TELEMETRY } });
  reporting.set(flag, made);
  return made;
}

function observedOptions(options: FeatureManagerOptions | undefined, write: Write): FeatureManagerOptions {
  const own = options?.onFeatureEvaluated;
  return {
    ...options,
    onFeatureEvaluated(this: unknown, result) {
      // First: where it throws, the evaluation fails, and is written as such.
      if (own !== undefined && result.feature?.telemetry !== TELEMETRY) Reflect.apply(own, this, [result]);
      write(() => toEvaluation(result));
    },
  };
}

function toEvaluation(result: EvaluationResult): Evaluation | undefined {
  const { feature: flag, enabled, variant } = result;
  const key = textOf(flag?.id);
  if (flag === undefined || key === undefined) return undefined;
  const { reason, assignment } = causeOf(flag, result);
  const version = textOf(flag.telemetry?.metadata?.['ETag']);
  return {
    key,
    variant: textOf(variant?.name) ?? String(enabled),
    reason,
    assignment,
    provider: PROVIDER,
    setId: undefined,
    version: version === undefined ? undefined : capped(version),
    errorType: undefined,
    errorMessage: undefined,
    value: variant === undefined ? enabled : variant.configuration,
    targetingKey: textOf(result.targetingId),
  };
}

function withoutResult(key: string, cause: Cause, error?: unknown, targetingKey?: string): Evaluation {
  return {
    key,
    // A flag that is missing is off, and one that fails gives nothing.
    variant: cause === NOT_FOUND ? 'false' : undefined,
    reason: cause.reason,
    assignment: cause.assignment,
    provider: PROVIDER,
    setId: undefined,
    version: undefined,
    errorType: cause.errorType,
    errorMessage: error instanceof Error ? textOf(error.message) : undefined,
    value: cause === NOT_FOUND ? false : undefined,
    targetingKey,
  };
}

function unitOf(context: unknown): string | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  return textOf(Reflect.get(context, 'userId'));
}
