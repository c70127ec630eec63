import type {
  FeatureResult,
  GrowthBook,
  GrowthBookClient,
  Result,
  UserContext,
} from '@growthbook/growthbook';
import type { Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import { FAILED, NO_RULE, NOT_FOUND, NOT_READY, OFF, UNKNOWN } from './causes.js';
import { experimentCause, FORCED, type RuleCause, type RuleCauses, ruleCauses } from './growthbook-rules.js';
import { attachAdapter, type Detach, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';
import { hasMethod } from './sdk-kinds.js';
import { type MethodObserver, observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

type Client = GrowthBook | GrowthBookClient;

const PROVIDER = 'GrowthBook';

/** What GrowthBook itself calls a feature's default value where others have the id of a rule. */
const DEFAULT_VALUE = '$default';

const ADAPTER: SdkAdapter = {
  caller: 'observeGrowthBook',
  expects: 'a GrowthBook or a GrowthBookClient, which is observed with its scoped instances',
  methods: ['evalFeature', 'getFeatures'],
  packages: [{ name: '@growthbook/growthbook', from: '1.0.0', below: 2 }],
};

/**
 * Observes every evaluation of a `GrowthBook` or of a `GrowthBookClient` with its scoped instances: the attribute
 * `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log record
 * `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The variant is the name, else the
 * key, of an experiment's variation, or `true` and `false`; of other values it is the id of the rule that forced it,
 * or `$default`. Callbacks of the application are left alone: GrowthBook's feature usage tells repeated evaluations
 * only where the value changed.
 *
 * @returns What stops it.
 * @throws TypeError where `growthbook` is neither, or an option is wrong.
 *
 * @example
 * ```ts
 * import { GrowthBookClient } from '@growthbook/growthbook';
 * import { observeGrowthBook } from 'telltale/growthbook';
 *
 * const growthbook = new GrowthBookClient({ apiHost: 'https://cdn.growthbook.io', clientKey: 'sdk-abc123' });
 * observeGrowthBook(growthbook);
 * await growthbook.init();
 * ```
 */
export function observeGrowthBook(growthbook: Client, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, growthbook, options, (client, write) => {
    const observers: Record<string, MethodObserver> = {
      // Every other method of either class, and of scoped instances, calls this one.
      evalFeature: {
        returned: (args, result) =>
          write(() => ofFeature(client, textOf(args[0]), args[1], result as FeatureResult<unknown>)),
      },
      // Experiments of the code, which are no features.
      [hasMethod(client, 'runInlineExperiment') ? 'runInlineExperiment' : 'run']: {
        returned: (args, result) =>
          write(() => ofExperiment(client, args[0], args[1], result as Result<unknown>)),
      },
    };
    return observeMethods(client, observers, false);
  });
}

function ofFeature(
  client: Client,
  key: string | undefined,
  context: unknown,
  result: FeatureResult<unknown>,
): Evaluation | undefined {
  if (key === undefined) return undefined;
  const cause = causeOf(client, key, result);
  const experiment = result.experimentResult ?? cause.tracked;
  if (experiment !== undefined) return ofResult(client, key, context, cause, experiment);
  const unit = attributeOf(client, context, cause.hashAttribute);
  // A split places nobody whom it does not know.
  const told = cause.reason === 'split' && unit === undefined ? NO_RULE : cause;
  return toEvaluation(key, told, valueVariant(result), result.value, unit);
}

/** An experiment that the code itself defines. */
function ofExperiment(
  client: Client,
  experiment: unknown,
  context: unknown,
  result: Result<unknown>,
): Evaluation | undefined {
  const key = textOf(Reflect.get(Object(experiment), 'key'));
  return key === undefined ? undefined : ofResult(client, key, context, experimentCause(result), result);
}

function ofResult(
  client: Client,
  key: string,
  context: unknown,
  cause: RuleCause,
  { name, key: id, value, hashValue }: Result<unknown>,
): Evaluation {
  const unit = textOf(hashValue) ?? attributeOf(client, context);
  return toEvaluation(key, cause, textOf(name) ?? textOf(id), value, unit);
}

function toEvaluation(
  key: string,
  { reason, assignment, errorType }: RuleCause,
  variant: string | undefined,
  value: unknown,
  targetingKey: string | undefined,
): Evaluation {
  return {
    key,
    variant,
    reason,
    assignment,
    provider: PROVIDER,
    setId: undefined,
    version: undefined,
    errorType,
    errorMessage: undefined,
    // Of `null` the application gets its own default, which is not known here.
    value: value ?? undefined,
    targetingKey,
  };
}

function valueVariant({ source, ruleId, value }: FeatureResult<unknown>): string | undefined {
  if (typeof value === 'boolean') return String(value);
  if (source === 'defaultValue') return DEFAULT_VALUE;
  return textOf(ruleId);
}

function causeOf(
  client: Client,
  key: string,
  { source, ruleId, experimentResult }: FeatureResult<unknown>,
): RuleCause {
  switch (source) {
    case 'experiment':
      return experimentResult === undefined ? UNKNOWN : experimentCause(experimentResult);
    case 'force':
      return ruleCausesOf(client, key)?.byRule.get(ruleId) ?? UNKNOWN;
    case 'defaultValue':
      return ruleCausesOf(client, key)?.byDefault ?? UNKNOWN;
    case 'override':
      return FORCED;
    case 'prerequisite':
      return OFF;
    case 'unknownFeature':
      return client.ready ? NOT_FOUND : NOT_READY;
    case 'cyclicPrerequisite':
      return FAILED;
    default:
      return UNKNOWN;
  }
}

function ruleCausesOf(client: Client, key: string): RuleCauses | undefined {
  const feature = client.getFeatures()[key];
  return feature === undefined ? undefined : ruleCauses(key, feature);
}

/** A user's attribute, as GrowthBook merges them. */
function attributeOf(client: Client, context: unknown, name = 'id'): string | undefined {
  if ('getAttributes' in client) return textOf(client.getAttributes()[name]);
  const { attributes, attributeOverrides } = context as UserContext;
  const merged = [attributeOverrides, attributes, client.getGlobalAttributes()];
  return textOf(merged.find((some) => Object.hasOwn(some ?? {}, name))?.[name]);
}
