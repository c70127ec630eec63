import type { OptimizelyDecision } from '@optimizely/optimizely-sdk';
import type { OptimizelyClient, OptimizelyData } from './optimizely-rules.js';
import type { MethodObserver } from './sdk-methods.js';

/** An evaluation that the SDK gave up, which it notifies nobody of. */
export interface OptimizelyFailure {
  readonly key: unknown;
  readonly userId: unknown;
  readonly errorType: string;
  /** What the application got. */
  readonly value: unknown;
}

/** Takes what a call gave up, if it did. Never throws, whatever `find` does. */
type Take = (find: () => OptimizelyFailure | undefined) => void;

/** How the SDK begins its last reason where a contextual bandit did not answer. */
const BANDIT_FAILED = 'Failed to fetch CMAB data';

/** The type that a method asks a variable to be of; `getFeatureVariable` takes any. */
const VARIABLE_TYPES: Readonly<Record<string, string | undefined>> = {
  getFeatureVariable: undefined,
  getFeatureVariableBoolean: 'boolean',
  getFeatureVariableDouble: 'double',
  getFeatureVariableInteger: 'integer',
  getFeatureVariableString: 'string',
  getFeatureVariableJSON: 'json',
};

/** Observers for `observeMethods`, which find the evaluations that the methods of a client give up. */
export function failureObservers(client: OptimizelyClient, take: Take): Record<string, MethodObserver> {
  const variables = Object.entries(VARIABLE_TYPES).map(([name, type]) => {
    const returned: MethodObserver['returned'] = (args, value) =>
      take(() =>
        failure(args[0], args[2], errorTypeOfVariable(client.getProjectConfig(), args, type), value),
      );
    return [name, { returned }];
  });
  const feature: MethodObserver = {
    returned: (args, value) =>
      take(() => failure(args[0], args[1], errorTypeOfFeature(client.getProjectConfig(), args), value)),
  };
  const experiment: MethodObserver = {
    returned: (args, value) =>
      take(() => {
        const errorType = errorTypeOfExperiment(client.getProjectConfig(), args);
        return failure(args[0], args[1], errorType, value !== null);
      }),
  };
  return {
    ...decideObservers(client, take),
    ...Object.fromEntries(variables),
    isFeatureEnabled: feature,
    getAllFeatureVariables: feature,
    activate: experiment,
    getVariation: experiment,
  };
}

/** Of the methods that user contexts call on their client. */
function decideObservers(client: OptimizelyClient, take: Take): Record<string, MethodObserver> {
  const one: MethodObserver = {
    returned: (args, decision) =>
      take(() => ofDecision(client, args[0], args[1], decision as OptimizelyDecision)),
  };
  const each = (user: unknown, keys: readonly unknown[], decisions: unknown): void => {
    for (const key of keys) {
      const decision = (decisions as Record<string, OptimizelyDecision>)[String(key)];
      take(() => ofDecision(client, user, key, decision));
    }
  };
  const some: MethodObserver = {
    returned: (args, decisions) => each(args[0], Array.isArray(args[1]) ? args[1] : [], decisions),
  };
  const all: MethodObserver = {
    returned: (args, decisions) => each(args[0], Object.keys(decisions as object), decisions),
  };
  return {
    decide: one,
    decideAsync: one,
    decideForKeys: some,
    decideForKeysAsync: some,
    decideAll: all,
    decideAllAsync: all,
  };
}

function ofDecision(
  client: OptimizelyClient,
  user: unknown,
  key: unknown,
  decision: OptimizelyDecision | undefined,
): OptimizelyFailure | undefined {
  const errorType = errorTypeOfDecision(client.getProjectConfig(), key, decision);
  if (errorType === undefined) return undefined;
  return failure(key, (user as { getUserId(): unknown }).getUserId(), errorType, false);
}

function failure(
  key: unknown,
  userId: unknown,
  errorType: string | undefined,
  value: unknown,
): OptimizelyFailure | undefined {
  return errorType === undefined ? undefined : { key, userId, errorType, value };
}

function errorTypeOfDecision(
  data: OptimizelyData | null,
  key: unknown,
  decision: OptimizelyDecision | undefined,
): string | undefined {
  if (data === null) return 'provider_not_ready';
  // A flag that is off is left out where only enabled ones are asked for.
  if (decision === undefined || decision.variationKey !== null || decision.ruleKey !== null) return undefined;
  if (!Object.hasOwn(data.featureKeyMap, String(key))) return 'flag_not_found';
  return decision.reasons.at(-1)?.startsWith(BANDIT_FAILED) === true ? 'general' : undefined;
}

/** Of the arguments key, user and attributes. */
function errorTypeOfFeature(data: OptimizelyData | null, args: readonly unknown[]): string | undefined {
  if (data === null) return 'provider_not_ready';
  const isKnown = Object.hasOwn(data.featureKeyMap, String(args[0]));
  return errorTypeOfUser(args[1], args[2]) ?? (isKnown ? undefined : 'flag_not_found');
}

/** Of the arguments key, variable, user and attributes. */
function errorTypeOfVariable(
  data: OptimizelyData | null,
  args: readonly unknown[],
  type: string | undefined,
): string | undefined {
  if (data === null) return 'provider_not_ready';
  const errorType = errorTypeOfUser(args[2], args[3]);
  if (errorType !== undefined) return errorType;
  const key = String(args[0]);
  if (!Object.hasOwn(data.featureKeyMap, key)) return 'flag_not_found';
  const variable = data.featureKeyMap[key]?.variableKeyMap[String(args[1])];
  if (variable === undefined) return 'general';
  return type === undefined || variable.type === type ? undefined : 'type_mismatch';
}

/** Of the arguments key, user and attributes. */
function errorTypeOfExperiment(data: OptimizelyData | null, args: readonly unknown[]): string | undefined {
  if (data === null) return 'provider_not_ready';
  const experiment = data.experimentKeyMap[String(args[0])];
  const isKnown = experiment !== undefined && experiment.isRollout !== true;
  return errorTypeOfUser(args[1], args[2]) ?? (isKnown ? undefined : 'flag_not_found');
}

/** As the SDK checks them, before anything else. */
function errorTypeOfUser(userId: unknown, attributes: unknown): string | undefined {
  if (userId === undefined || userId === null || userId === 'undefined') return 'targeting_key_missing';
  if (typeof userId !== 'string') return 'invalid_context';
  // What is falsy counts as none.
  if (!attributes) return undefined;
  if (typeof attributes !== 'object' || Array.isArray(attributes)) return 'invalid_context';
  return Object.values(attributes).includes(undefined) ? 'invalid_context' : undefined;
}
