import type { Context, Unleash, Variant } from 'unleash-client';
import type { Evaluation } from '../core/evaluation.js';
import { capped, textOf } from '../core/words.js';
import { type Cause, FOR_ALL, NAMED, NO_RULE, NOT_FOUND, NOT_READY, OFF, RULE, SPLIT } from './causes.js';
import { attachAdapter, type Detach, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';
import { observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

type Feature = NonNullable<ReturnType<Unleash['getFeatureToggleDefinition']>>;
type Strategy = NonNullable<Feature['strategies']>[number];
type VariantDefinition = NonNullable<Feature['variants']>[number];

const PROVIDER = 'Unleash';

const ADAPTER: SdkAdapter = {
  caller: 'observeUnleash',
  expects: 'an Unleash client',
  methods: ['isEnabled', 'getVariant', 'forceGetVariant', 'getFeatureToggleDefinition'],
  packages: [{ name: 'unleash-client', from: '6.0.0', below: 7 }],
};

/** Strategies that enable a share of the units. */
const ROLLOUTS: ReadonlySet<string> = new Set([
  'flexibleRollout',
  'gradualRolloutRandom',
  'gradualRolloutSessionId',
  'gradualRolloutUserId',
]);

const NONE: readonly never[] = [];

/**
 * Observes every evaluation of an Unleash client, with its context, whether or not the flag has impression data: the
 * attribute `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log record
 * `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The variant is its name, or `true`
 * and `false`. Where `isEnabled` and `getVariant` are both asked in one operation, the name stands.
 *
 * @returns What stops it.
 * @throws TypeError where `unleash` is no Unleash client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { initialize } from 'unleash-client';
 * import { observeUnleash } from 'telltale/unleash';
 *
 * const unleash = initialize({ url: 'http://unleash.internal/api/', appName: 'shop' });
 * observeUnleash(unleash);
 * ```
 */
export function observeUnleash(unleash: Unleash, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, unleash, options, (client, write) => {
    const variant = {
      returned: (args: readonly unknown[], value: unknown) =>
        write(() => ofVariant(client, textOf(args[0]), contextOf(args[1]), value as Variant)),
    };
    const isEnabled = {
      returned: (args: readonly unknown[], value: unknown) =>
        write(() => evaluation(client, textOf(args[0]), contextOf(args[1]), String(value), value)),
    };
    return observeMethods(client, { isEnabled, getVariant: variant, forceGetVariant: variant }, false);
  });
}

/** What `getVariant` gave: without variants it has the name of a fallback, and is just on or off. */
function ofVariant(
  client: Unleash,
  key: string | undefined,
  context: Context,
  variant: Variant,
): Evaluation | undefined {
  const { enabled, feature_enabled: isOn = enabled, name, payload } = variant;
  return evaluation(client, key, context, isOn && enabled ? name : String(isOn), payload?.value);
}

function evaluation(
  client: Unleash,
  key: string | undefined,
  context: Context,
  variant: string,
  value: unknown,
): Evaluation | undefined {
  if (key === undefined) return undefined;
  const feature = client.getFeatureToggleDefinition(key);
  const { reason, assignment, errorType } = causeOf(client, feature, context, variant);
  const project = textOf(feature?.project);
  return {
    key,
    variant,
    reason,
    assignment,
    provider: PROVIDER,
    setId: project === undefined ? undefined : capped(project),
    version: undefined,
    errorType,
    errorMessage: undefined,
    value,
    targetingKey: textOf(context.userId) ?? textOf(context.sessionId),
  };
}

/** Unleash does not tell; the flag's strategies do, as far as they leave no doubt. */
function causeOf(client: Unleash, feature: Feature | undefined, context: Context, variant: string): Cause {
  if (feature === undefined) return Reflect.get(client, 'ready') === false ? NOT_READY : NOT_FOUND;
  if (!feature.enabled) return OFF;
  const strategies = listOf(feature.strategies);
  const variants = listOf(feature.variants);
  const userId = textOf(context.userId);
  if (userId !== undefined && strategies.some((strategy) => names(strategy, userId))) return NAMED;
  if (userId !== undefined && variant !== 'false' && variants.some((one) => isOverride(one, userId))) {
    return NAMED;
  }
  if (strategies.some(isSplit) || variants.length > 0) return SPLIT;
  // Whether a flag that this one depends on is on, or a unit has what a rollout hashes, its own strategies do not say.
  if (variant === 'false') return NO_RULE;
  return strategies.every(isForAll) && listOf(feature.dependencies).length === 0 ? FOR_ALL : RULE;
}

/** Whether a strategy lists the user, as the strategy for that does, or else a constraint that is its only one. */
function names(strategy: Strategy, userId: string): boolean {
  const { name, parameters } = strategy;
  if (name === 'userWithId')
    return (
      textOf(parameters?.['userIds'])
        ?.split(/\s*,\s*/)
        .includes(userId) === true
    );
  const constraints = listOf(strategy.constraints);
  const [constraint] = constraints;
  if (constraint === undefined || constraints.length > 1 || listOf(strategy.segments).length > 0)
    return false;
  const { contextName, operator, inverted, values } = constraint;
  const isListed = contextName === 'userId' && operator === 'IN' && inverted !== true;
  return isListed && listOf(values).includes(userId) && !isSplit(strategy);
}

/** Whether a variant lists the user, whom it is then given to without a draw. */
function isOverride({ overrides }: VariantDefinition, userId: string): boolean {
  return listOf(overrides).some(
    ({ contextName, values }) => contextName === 'userId' && listOf(values).includes(userId),
  );
}

function isSplit({ name, parameters, variants }: Strategy): boolean {
  if (listOf(variants).length > 0) return true;
  // At 100 % a rollout leaves nobody out. Those that only go by one attribute have another name for it.
  return ROLLOUTS.has(name) && textOf(parameters?.['rollout'] ?? parameters?.['percentage']) !== '100';
}

function isForAll({ name, constraints, segments }: Strategy): boolean {
  const isFree = listOf(constraints).length === 0 && listOf(segments).length === 0;
  return isFree && (name === 'default' || ROLLOUTS.has(name));
}

/** Flags come as a server or a file has them: what their types say is a list may be null, which the SDK takes. */
function listOf<T>(given: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(given) ? given : NONE;
}

function contextOf(given: unknown): Context {
  return typeof given === 'object' && given !== null ? (given as Context) : {};
}
