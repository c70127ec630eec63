import type {
  DynamicConfig,
  EvaluationDetails,
  Experiment,
  FeatureGate,
  Layer,
  ParameterStore,
  Statsig,
} from '@statsig/statsig-node-core';
import type { Assignment, Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import {
  CACHED,
  type Cause,
  FAILED,
  FOR_ALL,
  NAMED,
  NO_RULE,
  NOT_FOUND,
  NOT_READY,
  OFF,
  RULE,
  SPLIT,
  UNKNOWN,
} from './causes.js';
import { resultVariant } from './result-variant.js';
import {
  attachAdapter,
  type Detach,
  type EvaluationRecordOptions,
  type SdkAdapter,
  type Write,
} from './sdk-adapter.js';
import { type MethodObserver, observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

/** What the methods give that tell how they came to it; a layer has its value elsewhere. */
type Result = FeatureGate | DynamicConfig | Experiment | Layer;

const PROVIDER = 'Statsig';

const ADAPTER: SdkAdapter = {
  caller: 'observeStatsig',
  expects: 'a Statsig server of @statsig/statsig-node-core',
  methods: [
    'checkGate',
    'getFeatureGate',
    'getDynamicConfig',
    'getExperiment',
    'getLayer',
    'getParameterStore',
  ],
  packages: [{ name: '@statsig/statsig-node-core', from: '0.16.0', below: 1 }],
};

const HELD_OUT: Cause = { reason: 'targeting_match', assignment: 'default' };

/** By the rules that Statsig makes itself. */
const CAUSES: ReadonlyMap<string, Cause> = new Map([
  ['default', NO_RULE],
  ['disabled', OFF],
  // Of experiments that did not start, or were decided.
  ['prestart', OFF],
  ['launchedGroup', FOR_ALL],
  // Of who is not in the experiment.
  ['layerAssignment', NO_RULE],
  ['targetingGate', NO_RULE],
  ['inlineTargetingRules', NO_RULE],
]);

/** Reasons of a server that has no project yet. */
const NO_PROJECT: ReadonlySet<string> = new Set(['Uninitialized', 'NoValues', 'Loading']);

const MAX_REASONS = 64;

/** What reasons decide, `null` where it is the rule that does. */
const decided = new Map<string, Cause | null>();

/**
 * Observes every evaluation of a Statsig server: the attribute `feature_flags.<key>` on the operation's entry span,
 * the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the flag's share in
 * `telltale.operation.duration`. The key is the name of the gate, config, experiment or layer, whichever it is. A
 * gate's variant is `true` or `false`, an experiment's its group, a dynamic config's its rule.
 *
 * @returns What stops it.
 * @throws TypeError where `statsig` is no such server, or an option is wrong.
 *
 * @example
 * ```ts
 * import { Statsig } from '@statsig/statsig-node-core';
 * import { observeStatsig } from 'telltale/statsig';
 *
 * const statsig = new Statsig('secret-key');
 * observeStatsig(statsig);
 * await statsig.initialize();
 * ```
 */
export function observeStatsig(statsig: Statsig, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, statsig, options, (client, write) => {
    const one: MethodObserver = {
      returned: (args, result) => write(() => ofResult(args[0], textOf(args[1]), result as Result)),
    };
    return observeMethods(client, {
      checkGate: { returned: (args, value) => write(() => ofCheck(args[0], textOf(args[1]), value)) },
      getFeatureGate: one,
      getDynamicConfig: one,
      getExperiment: one,
      getLayer: one,
      getParameterStore: {
        returned: (args, store) => write(() => observeStore(args[0], textOf(args[1]), store, write)),
      },
    });
  });
}

/** `checkGate` gives no more than a boolean; its rule would take another evaluation. */
function ofCheck(user: unknown, key: string | undefined, value: unknown): Evaluation | undefined {
  if (key === undefined) return undefined;
  const cause = typeof value === 'boolean' ? UNKNOWN : FAILED;
  return new StatsigEvaluation(user, key, resultVariant(undefined, value), cause, undefined, value);
}

function ofResult(user: unknown, key: string | undefined, result: Result): Evaluation | undefined {
  if (key === undefined) return undefined;
  const { ruleID } = result;
  const group = 'groupName' in result ? textOf(result.groupName) : undefined;
  const cause = causeOf(result.details) ?? causeOfRule(result, group);
  const value = '__value' in result ? result.__value : result.value;
  const name = 'allocatedExperimentName' in result ? nameInLayer(result, group) : group;
  const variant = resultVariant(typeof value === 'boolean' ? undefined : (name ?? ruleID), value);
  return new StatsigEvaluation(user, key, variant, cause, result, value);
}

/** Experiments of one layer share it, and most have a group `Control`. */
function nameInLayer({ allocatedExperimentName }: Layer, group: string | undefined): string | undefined {
  const experiment = textOf(allocatedExperimentName);
  return experiment === undefined || group === undefined ? group : `${experiment}:${group}`;
}

/**
 * What a store gives is evaluated as its parameters are read. The object is the application's own, so the method on it
 * is left there when all is detached, and then only passes on.
 */
function observeStore(user: unknown, name: string | undefined, store: unknown, write: Write): undefined {
  if (name === undefined || typeof store !== 'object' || store === null) return;
  const cause = causeOf((store as ParameterStore).getEvaluationDetails()) ?? UNKNOWN;
  observeMethods(store, {
    getValue: {
      returned: ([parameter], value) =>
        write(() => {
          const key = textOf(parameter);
          if (key === undefined) return undefined;
          return new StatsigEvaluation(
            user,
            `${name}.${key}`,
            resultVariant(undefined, value),
            cause,
            undefined,
            value,
          );
        }),
    },
  });
}

class StatsigEvaluation implements Evaluation {
  readonly provider: string = PROVIDER;
  readonly setId: undefined;
  readonly errorMessage: undefined;
  readonly key: string;
  readonly variant: string | undefined;
  readonly reason: string;
  readonly assignment: Assignment;
  readonly errorType: string | undefined;
  readonly version: string | undefined;
  readonly value: unknown;
  // Not by `#`, which takes a third of what an evaluation costs here.
  private readonly user: unknown;
  private readonly idType: string | undefined;
  private unit: string | undefined = undefined;

  constructor(
    user: unknown,
    key: string,
    variant: string | undefined,
    cause: Cause,
    result: Result | undefined,
    value: unknown,
  ) {
    this.key = key;
    this.variant = variant;
    this.reason = cause.reason;
    this.assignment = cause.assignment;
    this.errorType = cause.errorType;
    // 0 where the evaluation failed.
    this.version = textOf(result?.details.version || undefined);
    this.value = value;
    this.user = user;
    this.idType = result?.idType;
  }

  /** Asked for where it is written alone, because a user's properties are calls into native code. */
  get targetingKey(): string | undefined {
    this.unit ??= unitOf(this.user, this.idType);
    return this.unit;
  }
}

/** What Statsig's reason decides, of few reasons there are. */
function causeOf({ reason }: EvaluationDetails): Cause | undefined {
  const known = decided.get(reason);
  if (known !== undefined) return known ?? undefined;
  const cause = findCause(textOf(reason) ?? '');
  if (decided.size < MAX_REASONS) decided.set(reason, cause ?? null);
  return cause;
}

/** `Network:Recognized` says where Statsig has the project from, and that it knows the name. */
function findCause(reason: string): Cause | undefined {
  const [source, recognition] = reason.split(':');
  if (source === 'LocalOverride') return NAMED;
  if (source === 'Persisted') return CACHED;
  if (recognition === 'Recognized') return undefined;
  if (recognition === 'Unrecognized') return NOT_FOUND;
  return NO_PROJECT.has(reason) ? NOT_READY : FAILED;
}

function causeOfRule(result: Result, group: string | undefined): Cause {
  const { ruleID } = result;
  if (ruleID.endsWith('override')) return NAMED;
  const cause = CAUSES.get(ruleID);
  if (cause !== undefined) return cause;
  if (group !== undefined) return SPLIT;
  // Without a group one is in no experiment: a rule of it then is a holdout.
  return 'groupName' in result ? HELD_OUT : RULE;
}

/** The unit a gate or experiment is made by, where it tells. */
function unitOf(user: unknown, idType: string | undefined): string | undefined {
  if (typeof user !== 'object' || user === null) return undefined;
  if (!idType || idType.toLowerCase() === 'userid') return textOf(Reflect.get(user, 'userID'));
  const ids: unknown = Reflect.get(user, 'customIDs');
  return typeof ids === 'object' && ids !== null ? textOf(Reflect.get(ids, idType)) : undefined;
}
