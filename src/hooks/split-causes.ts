import { textOf } from '../core/words.js';
import { type Cause, FAILED, FOR_ALL, NAMED, NO_RULE, OFF, RULE, SPLIT, UNKNOWN } from './causes.js';

/** A flag as Split's servers describe it, as far as it is read here. */
export interface Definition {
  readonly name: string;
  /** Left out in localhost mode. */
  readonly changeNumber?: number;
  readonly status?: string;
  readonly killed: boolean;
  readonly defaultTreatment: string;
  /** Percentage of the units that conditions of the type `ROLLOUT` are for. */
  readonly trafficAllocation?: number;
  readonly prerequisites?: readonly unknown[] | null;
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly conditionType?: string;
  readonly matcherGroup: { readonly matchers: readonly Matcher[] };
  readonly partitions?: readonly { readonly treatment: string; readonly size: number }[];
}

interface Matcher {
  readonly matcherType: string;
  readonly negate?: boolean;
  readonly keySelector?: { readonly attribute?: string | null } | null;
  readonly whitelistMatcherData?: { readonly whitelist?: readonly string[] | null } | null;
}

/** A definition, with what is derived from it once for all evaluations. */
export interface Flag {
  readonly definition: Definition;
  readonly version: string | undefined;
  /** By treatment, where no condition asks who the unit is. */
  readonly causes: Map<string, Cause> | undefined;
}

/** What Split gives where it has no treatment to give. */
export const CONTROL = 'control';

export function flagOf(definition: Definition): Flag {
  const version = textOf(definition.changeNumber);
  return { definition, version, causes: definition.conditions.some(isOfKeys) ? undefined : new Map() };
}

/** @param key The matching key of the unit. */
export function causeOf({ definition, causes }: Flag, treatment: string, key: string): Cause {
  const known = causes?.get(treatment);
  if (known !== undefined) return known;
  const cause = findCause(definition, treatment, key);
  causes?.set(treatment, cause);
  return cause;
}

/**
 * Why a flag gave that treatment: Split tells impression listeners alone, and late. All that can have given it are
 * looked at, in Split's order; where they are of several kinds, nobody knows.
 */
function findCause(definition: Definition, treatment: string, key: string): Cause {
  const { conditions, defaultTreatment, prerequisites } = definition;
  if (treatment === CONTROL || definition.status === 'ARCHIVED') return FAILED;
  if (definition.killed) return OFF;
  const isDefault = treatment === defaultTreatment;
  let cause: Cause | undefined;
  if (isDefault && prerequisites && prerequisites.length > 0) cause = NO_RULE;
  for (const condition of conditions) {
    // Who is not in the flag's traffic gets the default treatment at the first such condition, matched or not.
    if (isDefault && isPartial(definition, condition)) cause = either(cause, SPLIT);
    const isMatch = matches(condition, key);
    if (isMatch === false) continue;
    if (gives(condition, treatment)) cause = either(cause, causeOfCondition(definition, condition));
    if (isMatch) return cause ?? UNKNOWN;
  }
  return (isDefault ? either(cause, NO_RULE) : cause) ?? UNKNOWN;
}

function either(one: Cause | undefined, other: Cause): Cause {
  return one === undefined || one === other ? other : UNKNOWN;
}

function causeOfCondition(definition: Definition, condition: Condition): Cause {
  if (condition.conditionType === 'WHITELIST') return NAMED;
  if (isPartial(definition, condition) || isSplit(condition)) return SPLIT;
  if (!isForAll(condition)) return RULE;
  return definition.conditions.length === 1 ? FOR_ALL : NO_RULE;
}

function isPartial({ trafficAllocation = 100 }: Definition, { conditionType }: Condition): boolean {
  return conditionType === 'ROLLOUT' && trafficAllocation < 100;
}

function isSplit({ partitions = [] }: Condition): boolean {
  return partitions.filter(({ size }) => size > 0).length > 1;
}

function isForAll({ matcherGroup: { matchers } }: Condition): boolean {
  return matchers.every(({ matcherType, negate }) => matcherType === 'ALL_KEYS' && !negate);
}

function gives({ partitions = [] }: Condition, treatment: string): boolean {
  return partitions.some((partition) => partition.treatment === treatment && partition.size > 0);
}

/** Whether the key alone meets a condition or does not. */
function isOfKeys({ matcherGroup: { matchers } }: Condition): boolean {
  return matchers.some(
    ({ matcherType, keySelector }) => matcherType === 'WHITELIST' && !keySelector?.attribute,
  );
}

/** Whether a condition is met by that key; `undefined` where that depends on more, as attributes and segments. */
function matches({ matcherGroup: { matchers } }: Condition, key: string): boolean | undefined {
  const [matcher, another] = matchers;
  if (matcher === undefined || another !== undefined || matcher.keySelector?.attribute) return undefined;
  const { matcherType, negate = false, whitelistMatcherData } = matcher;
  if (matcherType === 'ALL_KEYS') return !negate;
  if (matcherType !== 'WHITELIST') return undefined;
  return (whitelistMatcherData?.whitelist ?? []).includes(key) !== negate;
}
