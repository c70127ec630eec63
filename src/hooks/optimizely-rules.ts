import type { Client } from '@optimizely/optimizely-sdk';
import { type Cause, FOR_ALL, NAMED, NO_RULE, OFF, RULE, SPLIT } from './causes.js';

/** A rule of a flag: an experiment, or a delivery to an audience or to everyone else. */
interface Rule {
  readonly id: string;
  readonly key: string;
  readonly status?: string;
  readonly isRollout?: boolean;
  readonly audienceIds?: readonly unknown[];
  readonly audienceConditions?: readonly unknown[];
  readonly trafficAllocation: readonly { readonly entityId: string; readonly endOfRange: number }[];
  /** Variation keys by user id. */
  readonly forcedVariations?: Readonly<Record<string, string>>;
}

interface Flag {
  readonly rolloutId: string;
  readonly experimentIds: readonly string[];
  readonly variableKeyMap: Readonly<Record<string, { readonly type: string }>>;
}

/** What the datafile says. */
export interface OptimizelyData {
  readonly projectId: string;
  readonly revision: string;
  readonly featureKeyMap: Readonly<Record<string, Flag>>;
  readonly experimentKeyMap: Readonly<Record<string, Rule>>;
  readonly experimentIdMap: Readonly<Record<string, Rule>>;
  readonly rolloutIdMap: Readonly<Record<string, { readonly experiments: readonly Rule[] }>>;
}

/** A client, with a method of its class that its type `Client` leaves out. */
export interface OptimizelyClient extends Client {
  getProjectConfig(): OptimizelyData | null;
}

/** What the rules of a flag say together. */
interface Facts {
  /** Whether a rule that is open to everyone lets a share pass by, so that whoever is left was drawn by lot. */
  readonly isDrawn: boolean;
  /** Whether there is no more than one rule, which is that for everyone. */
  readonly isSingle: boolean;
}

const TOTAL_TRAFFIC = 10_000;

/** By the SDK's own objects, of which each datafile has new ones. */
const known = new WeakMap<Flag, Facts>();

/** Why a decision was made: its rule is known. */
export function causeOfDecision(
  client: OptimizelyClient,
  data: OptimizelyData | null,
  userId: string,
  decision: {
    readonly flagKey: string;
    readonly enabled: boolean;
    readonly variationKey: string | null;
    readonly ruleKey: string | null;
    readonly experimentId: string | null;
  },
): Cause {
  const { flagKey, enabled, variationKey, ruleKey, experimentId } = decision;
  if (ruleKey === null || experimentId === null) {
    // A forced decision of the whole flag has a variation, and no rule.
    return variationKey === null ? causeOfRest(data, flagKey, enabled) : NAMED;
  }
  const rule = data?.experimentIdMap[experimentId];
  // A holdout is no rule.
  if (rule === undefined) return SPLIT;
  if (rule.isRollout !== true) return causeOfExperiment(client, rule, userId, variationKey);
  if (isPartial(rule)) return SPLIT;
  return isOpen(rule) ? causeOfRest(data, flagKey, enabled) : RULE;
}

/** Why a feature was on or off: the SDK names the experiment, and no other rule. */
export function causeOfFeature(
  client: OptimizelyClient,
  data: OptimizelyData | null,
  userId: string,
  feature: {
    readonly featureKey: string;
    readonly featureEnabled: boolean;
    readonly source: string;
    readonly sourceInfo: { readonly experimentKey?: string; readonly variationKey?: string };
  },
): Cause {
  const { featureKey, featureEnabled, source, sourceInfo } = feature;
  if (source !== 'rollout') {
    const { experimentKey = '', variationKey = '' } = sourceInfo;
    const ids = data?.featureKeyMap[featureKey]?.experimentIds ?? [];
    const rules = ids.map((id) => data?.experimentIdMap[id]);
    return causeOfExperiment(
      client,
      rules.find((rule) => rule?.key === experimentKey),
      userId,
      variationKey,
    );
  }
  const rest = causeOfRest(data, featureKey, featureEnabled);
  return rest === NO_RULE && featureEnabled ? RULE : rest;
}

/** Why an experiment gave a variation, or none. */
export function causeOfExperiment(
  client: OptimizelyClient,
  rule: Rule | undefined,
  userId: string,
  variationKey: string | null,
): Cause {
  if (rule === undefined) return SPLIT;
  if (variationKey === null) {
    if (rule.status !== 'Running') return OFF;
    return isOpen(rule) && isPartial(rule) ? SPLIT : NO_RULE;
  }
  const isForced =
    rule.forcedVariations?.[userId] === variationKey ||
    client.getForcedVariation(rule.key, userId) === variationKey;
  return isForced ? NAMED : SPLIT;
}

/** What is left once no rule for a part of the users applied. */
function causeOfRest(data: OptimizelyData | null, flagKey: string, enabled: boolean): Cause {
  const flag = data?.featureKeyMap[flagKey];
  if (data === null || flag === undefined) return NO_RULE;
  const { isDrawn, isSingle } = factsOf(data, flag);
  if (isDrawn) return SPLIT;
  if (!isSingle) return NO_RULE;
  return enabled ? FOR_ALL : OFF;
}

function factsOf(data: OptimizelyData, flag: Flag): Facts {
  let facts = known.get(flag);
  if (facts === undefined) {
    const experiments = flag.experimentIds.map((id) => data.experimentIdMap[id]);
    const running = experiments.filter((rule) => rule?.status === 'Running');
    const rules = [...running, ...(data.rolloutIdMap[flag.rolloutId]?.experiments ?? [])];
    facts = {
      isDrawn: rules.some((rule) => rule !== undefined && isOpen(rule) && isPartial(rule)),
      isSingle: rules.length <= 1,
    };
    known.set(flag, facts);
  }
  return facts;
}

function isOpen({ audienceConditions, audienceIds }: Rule): boolean {
  return (audienceConditions ?? audienceIds ?? []).length === 0;
}

function isPartial({ trafficAllocation }: Rule): boolean {
  let start = 0;
  let traffic = 0;
  for (const { entityId, endOfRange } of trafficAllocation) {
    if (entityId !== '') traffic += endOfRange - start;
    start = endOfRange;
  }
  return traffic < TOTAL_TRAFFIC;
}
