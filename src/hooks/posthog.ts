import type { FeatureFlagEvaluations, PostHog, PostHogFeatureFlag } from 'posthog-node';
import type { Evaluation } from '../core/evaluation.js';
import { textOf } from '../core/words.js';
import { type Cause, FAILED, NAMED, NO_UNIT, NOT_FOUND, NOT_READY, UNKNOWN } from './causes.js';
import { causeOfCode, causeOfDefinition } from './posthog-causes.js';
import {
  attachAdapter,
  type Detach,
  type EvaluationRecordOptions,
  type SdkAdapter,
  type Write,
} from './sdk-adapter.js';
import { hasMethod } from './sdk-kinds.js';
import { type MethodObserver, observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

/** What PostHog knows of one evaluation; its results and the records of a snapshot have more. */
interface Result {
  readonly enabled: boolean;
  readonly variant?: string | undefined;
  readonly reasonCode?: unknown;
  readonly version?: unknown;
}

/** What PostHog's types keep to themselves: as far as it is there, it tells more. */
interface Inside {
  readonly featureFlagsPoller?: { readonly featureFlagsByKey?: Readonly<Record<string, PostHogFeatureFlag>> };
  readonly _flagOverrides?: Readonly<Record<string, unknown>>;
}

const PROVIDER = 'PostHog';

const ADAPTER: SdkAdapter = {
  caller: 'observePostHog',
  expects: 'a PostHog client',
  methods: ['getFeatureFlag', 'isFeatureEnabled', 'getAllFlags', 'getAllFlagsAndPayloads'],
  packages: [{ name: 'posthog-node', from: '5.24.0', below: 6 }],
};

/** All of PostHog's methods for one flag come down to it, and it alone knows the variant in each of them. */
const ONE = '_getFeatureFlagResult';

/** Evaluates all flags to send them with an event; no flag is asked for by that. */
const FOR_EVENT = 'getFeatureFlagsForEvent';

/**
 * Observes every evaluation of a PostHog client: the attribute `feature_flags.<key>` on the operation's entry span,
 * the counter `feature_flag.evaluations`, the log record `feature_flag.evaluation`, and the flag's share in
 * `telltale.operation.duration`. The variant is its name, or `true` and `false`. Of `evaluateFlags`, a flag counts when
 * it is read from what that gives.
 *
 * @returns What stops it.
 * @throws TypeError where `posthog` is no PostHog client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { PostHog } from 'posthog-node';
 * import { observePostHog } from 'telltale/posthog';
 *
 * const posthog = new PostHog('project-key');
 * observePostHog(posthog);
 * ```
 */
export function observePostHog(posthog: PostHog, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, posthog, options, (client, write) =>
    observeMethods(client, {
      ...observersOfOne(client, write),
      getAllFlags: { returned: (args, flags) => ofAll(client, args[0], flags, write) },
      getAllFlagsAndPayloads: {
        returned: (args, all) => ofAll(client, args[0], Reflect.get(Object(all), 'featureFlags'), write),
      },
      ...(hasMethod(client, FOR_EVENT) ? { [FOR_EVENT]: { returned: () => {} } } : {}),
      ...(hasMethod(client, 'evaluateFlags')
        ? {
            evaluateFlags: {
              returned: (_, snapshot) =>
                write(() => observeSnapshot(client, snapshot as FeatureFlagEvaluations, write)),
            },
          }
        : {}),
    }),
  );
}

function observersOfOne(client: PostHog, write: Write): Record<string, MethodObserver> {
  if (hasMethod(client, ONE)) {
    return {
      [ONE]: {
        returned: (args, result) =>
          write(() => ofResult(client, textOf(args[0]), textOf(args[1]), result as Result | undefined)),
        failed: (args) => write(() => evaluation(textOf(args[0]), undefined, FAILED, textOf(args[1]))),
      },
    };
  }
  // A version that has it no more, or not yet: payloads are left out then, because they do not tell the variant.
  const ofValue: MethodObserver = {
    returned: (args, value) =>
      write(() => ofResult(client, textOf(args[0]), textOf(args[1]), resultOf(value))),
  };
  return { getFeatureFlag: ofValue, isFeatureEnabled: ofValue };
}

/** @param first The unit, or options where that is in PostHog's context. */
function ofAll(client: PostHog, first: unknown, flags: unknown, write: Write): void {
  for (const [key, value] of Object.entries(Object(flags))) {
    write(() => ofResult(client, key, textOf(first) ?? unitOfContext(client), resultOf(value)));
  }
}

function unitOfContext(client: PostHog): string | undefined {
  return hasMethod(client, 'getContext') ? textOf(client.getContext()?.distinctId) : undefined;
}

/** The snapshot is the application's own, so its methods stay replaced when all is detached, and then only pass on. */
function observeSnapshot(client: PostHog, snapshot: FeatureFlagEvaluations, write: Write): undefined {
  const unit = textOf(Reflect.get(snapshot, '_distinctId'));
  const records = (Reflect.get(snapshot, '_flags') ?? {}) as Readonly<Record<string, Result | undefined>>;
  const one: MethodObserver = {
    returned: (args) =>
      write(() => {
        const key = textOf(args[0]);
        if (unit === undefined) return evaluation(key, undefined, NO_UNIT, unit);
        return ofResult(client, key, unit, key === undefined ? undefined : records[key]);
      }),
  };
  const slice: MethodObserver = {
    returned: (_, part) => write(() => observeSnapshot(client, part as FeatureFlagEvaluations, write)),
  };
  observeMethods(snapshot, {
    isEnabled: one,
    getFlag: one,
    getFlagPayload: one,
    only: slice,
    onlyAccessed: slice,
  });
}

function resultOf(value: unknown): Result | undefined {
  if (value === undefined || value === null) return undefined;
  return { enabled: value !== false, variant: typeof value === 'string' ? value : undefined };
}

function ofResult(
  client: PostHog,
  key: string | undefined,
  unit: string | undefined,
  result: Result | undefined,
): Evaluation | undefined {
  if (key === undefined) return undefined;
  return evaluation(key, result, causeOf(client, key, unit, result), unit);
}

function evaluation(
  key: string | undefined,
  result: Result | undefined,
  { reason, assignment, errorType }: Cause,
  unit: string | undefined,
): Evaluation | undefined {
  if (key === undefined) return undefined;
  const value = result?.enabled ? (textOf(result.variant) ?? true) : result && false;
  return {
    key,
    variant: value === undefined ? undefined : String(value),
    reason,
    assignment,
    provider: PROVIDER,
    setId: undefined,
    version: textOf(result?.version),
    errorType,
    errorMessage: undefined,
    value,
    targetingKey: unit,
  };
}

function causeOf(client: PostHog, key: string, unit: string | undefined, result: Result | undefined): Cause {
  const { featureFlagsPoller: local, _flagOverrides: overrides } = client as unknown as Inside;
  const definition = local?.featureFlagsByKey?.[key];
  if (result === undefined) return causeOfNone(client, local !== undefined && definition === undefined);
  if (overrides !== undefined && key in overrides) return NAMED;
  const cause = result.reasonCode === undefined ? undefined : causeOfCode(result.reasonCode, result.variant);
  if (cause !== undefined) return cause;
  return definition === undefined ? UNKNOWN : causeOfDefinition(definition, result.enabled, unit);
}

/**
 * Nothing is what PostHog gives for a flag that it does not know or cannot evaluate, and where it cannot ask.
 *
 * @param isUnknown Whether flags are evaluated locally, and this is none of them.
 */
function causeOfNone(client: PostHog, isUnknown: boolean): Cause {
  if (!isUnknown) return FAILED;
  return client.isLocalEvaluationReady() ? NOT_FOUND : NOT_READY;
}
