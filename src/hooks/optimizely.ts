import type { Client, DecisionNotificationPayload } from '@optimizely/optimizely-sdk';
import type { Evaluation } from '../core/evaluation.js';
import { capped, textOf } from '../core/words.js';
import type { Cause } from './causes.js';
import { failureObservers, type OptimizelyFailure } from './optimizely-failures.js';
import {
  causeOfDecision,
  causeOfExperiment,
  causeOfFeature,
  type OptimizelyClient,
  type OptimizelyData,
} from './optimizely-rules.js';
import { resultVariant } from './result-variant.js';
import { attachAdapter, type Detach, type EvaluationRecordOptions, type SdkAdapter } from './sdk-adapter.js';
import { observeMethods } from './sdk-methods.js';

export type { Detach, EvaluationRecordOptions };

const PROVIDER = 'Optimizely';

const ADAPTER: SdkAdapter = {
  caller: 'observeOptimizely',
  expects: 'an Optimizely client',
  methods: [
    'createUserContext',
    'decide',
    'decideForKeys',
    'decideAll',
    'isFeatureEnabled',
    'getVariation',
    'getForcedVariation',
    'getProjectConfig',
  ],
  packages: [{ name: '@optimizely/optimizely-sdk', from: '6.0.0', below: 7 }],
};

/**
 * Observes every evaluation of an Optimizely client and of its user contexts, also of those made before: the attribute
 * `feature_flags.<key>` on the operation's entry span, the counter `feature_flag.evaluations`, the log record
 * `feature_flag.evaluation`, and the flag's share in `telltale.operation.duration`. The key is the flag's, and for
 * `activate` and `getVariation` the experiment's. The variant is the variation's key, and `false` for a flag that is
 * off for the user, whatever the variation.
 *
 * @returns What stops it.
 * @throws TypeError where `client` is no Optimizely client, or an option is wrong.
 *
 * @example
 * ```ts
 * import { createInstance, createPollingProjectConfigManager } from '@optimizely/optimizely-sdk';
 * import { observeOptimizely } from 'telltale/optimizely';
 *
 * const projectConfigManager = createPollingProjectConfigManager({ sdkKey: 'sdk-key' });
 * const optimizely = createInstance({ projectConfigManager });
 * observeOptimizely(optimizely);
 * ```
 */
export function observeOptimizely(client: Client, options: EvaluationRecordOptions = {}): Detach {
  return attachAdapter(ADAPTER, client as OptimizelyClient, options, (target, write) => {
    const { notificationCenter } = target;
    const listener = notificationCenter.addNotificationListener('DECISION', (notification) =>
      write(() => ofNotification(target, notification)),
    );
    // The SDK notifies of what it decided, and not of what it could not.
    const restore = observeMethods(
      target,
      failureObservers(target, (find) => write(() => ofFailure(target, find()))),
    );
    return () => {
      notificationCenter.removeNotificationListener(listener);
      restore();
    };
  });
}

function ofNotification(
  client: OptimizelyClient,
  notification: DecisionNotificationPayload,
): Evaluation | undefined {
  const data = client.getProjectConfig();
  const { userId } = notification;
  switch (notification.type) {
    case 'flag': {
      const { decisionInfo } = notification;
      const { flagKey, enabled, variationKey } = decisionInfo;
      const cause = causeOfDecision(client, data, userId, decisionInfo);
      return evaluation(data, flagKey, nameOf(enabled, variationKey), cause, enabled, userId);
    }
    case 'feature':
    case 'feature-variable':
    case 'all-feature-variables': {
      const { decisionInfo } = notification;
      const { featureKey, featureEnabled, sourceInfo } = decisionInfo;
      const cause = causeOfFeature(client, data, userId, decisionInfo);
      const variant = nameOf(featureEnabled, sourceInfo.variationKey);
      return evaluation(data, featureKey, variant, cause, resultOf(decisionInfo), userId);
    }
    case 'ab-test':
    case 'feature-test': {
      const { experimentKey, variationKey } = notification.decisionInfo;
      const rule = data?.experimentKeyMap[experimentKey];
      const cause = causeOfExperiment(client, rule, userId, variationKey);
      return evaluation(data, experimentKey, variationKey ?? 'false', cause, variationKey, userId);
    }
    default:
      return undefined;
  }
}

/** Both ways to ask give `false` for what is off: only one of them knows the name of such a variation. */
function nameOf(enabled: boolean, variationKey: string | null | undefined): string {
  return enabled ? variationKey || 'true' : 'false';
}

function resultOf(decided: { readonly featureEnabled: boolean; readonly variableValue?: unknown }): unknown {
  return 'variableValue' in decided ? decided.variableValue : decided.featureEnabled;
}

function ofFailure(client: OptimizelyClient, failure: OptimizelyFailure | undefined): Evaluation | undefined {
  const key = textOf(failure?.key);
  if (failure === undefined || key === undefined) return undefined;
  const { errorType, value, userId } = failure;
  const cause: Cause = { reason: 'error', assignment: 'error', errorType };
  return evaluation(client.getProjectConfig(), key, resultVariant(undefined, value), cause, value, userId);
}

function evaluation(
  data: OptimizelyData | null,
  key: string,
  variant: string | undefined,
  { reason, assignment, errorType }: Cause,
  value: unknown,
  userId: unknown,
): Evaluation {
  const setId = textOf(data?.projectId);
  const version = textOf(data?.revision);
  return {
    key,
    variant,
    reason,
    assignment,
    provider: PROVIDER,
    setId: setId === undefined ? undefined : capped(setId),
    version: version === undefined ? undefined : capped(version),
    errorType,
    errorMessage: undefined,
    value,
    targetingKey: textOf(userId),
  };
}
