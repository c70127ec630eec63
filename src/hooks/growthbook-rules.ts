import type { FeatureDefinition, FeatureRule, Result } from '@growthbook/growthbook';
import type { Assignment } from '../core/evaluation.js';
import { textOf } from '../core/words.js';

/** Why a feature gave what it gave. */
export interface Cause {
  readonly reason: string;
  readonly assignment: Assignment;
  readonly errorType?: string;
  /** The attribute that a share of the units was chosen by; `id` where there is none. */
  readonly hashAttribute?: string;
  /** An experiment that a server ran instead of the SDK. */
  readonly tracked?: Result<unknown>;
}

/** What a feature's definition says of its results. */
export interface RuleCauses {
  /** By id of the rule that forced the value. */
  readonly byRule: ReadonlyMap<string, Cause>;
  /** Where no rule applied. */
  readonly byDefault: Cause;
}

export const NO_RULE: Cause = { reason: 'default', assignment: 'default' };
export const SPLIT: Cause = { reason: 'split', assignment: 'assigned' };
export const UNKNOWN: Cause = { reason: 'unknown', assignment: 'assigned' };
const FOR_ALL: Cause = { reason: 'static', assignment: 'default' };
const RULE: Cause = { reason: 'targeting_match', assignment: 'assigned' };
const NAMED: Cause = { reason: 'targeting_match', assignment: 'override' };
/** By code or by a query string, whatever the rules say. */
export const FORCED: Cause = { reason: 'static', assignment: 'override' };

const known = new WeakMap<FeatureDefinition, RuleCauses>();

/** What a definition says; a payload's definitions stay the same objects until the next payload. */
export function ruleCauses(key: string, feature: FeatureDefinition): RuleCauses {
  const found = known.get(feature);
  if (found !== undefined) return found;
  const rules = feature.rules ?? [];
  const byRule = new Map<string, Cause>();
  let leftOut: Cause | undefined;
  for (const rule of rules) {
    if (!('force' in rule)) continue;
    const id = rule.id ?? '';
    const cause = causeOf(key, rule);
    // Rules without an id cannot be told apart.
    byRule.set(id, byRule.has(id) ? UNKNOWN : cause === FOR_ALL ? (leftOut ?? cause) : cause);
    // Whoever a rollout without a condition leaves out, it leaves out by the split. With one there is no telling.
    if (cause.hashAttribute !== undefined && isFree(rule)) leftOut ??= cause;
  }
  const causes = { byRule, byDefault: leftOut ?? (rules.length === 0 ? FOR_ALL : NO_RULE) };
  known.set(feature, causes);
  return causes;
}

/** What the result of an experiment says. */
export function experimentCause({ inExperiment, hashUsed }: Result<unknown>): Cause {
  if (!inExperiment) return NO_RULE;
  return hashUsed === true ? SPLIT : FORCED;
}

function causeOf(key: string, rule: FeatureRule): Cause {
  const tracked = rule.tracks?.map(({ result }) => result).findLast((result) => isOf(key, result));
  if (tracked !== undefined) return { ...experimentCause(tracked), tracked };
  const hashAttribute = rule.hashAttribute ?? 'id';
  if (isSplit(rule)) return { ...SPLIT, hashAttribute };
  if (names(Reflect.get(rule.condition ?? {}, hashAttribute))) return NAMED;
  return isFree(rule) ? FOR_ALL : RULE;
}

/** A server also tells the experiments of prerequisites, and of holdouts that let a unit pass. */
function isOf(key: string, { featureId, inExperiment, passthrough }: Result<unknown>): boolean {
  return featureId === key && inExperiment && passthrough !== true;
}

/** Whether a rule asks nothing of the unit. */
function isFree({ condition, parentConditions }: FeatureRule): boolean {
  return Object.keys(condition ?? {}).length === 0 && (parentConditions ?? []).length === 0;
}

/** Whether a rule takes some units, chosen by their hash, and leaves others out. */
function isSplit({ range, coverage, filters }: FeatureRule): boolean {
  const share = range ? range[1] - range[0] : (coverage ?? 1);
  return share > 0 && (share < 1 || (filters ?? []).length > 0);
}

/** Whether a condition lists single units. */
function names(condition: unknown): boolean {
  if (textOf(condition) !== undefined) return true;
  if (typeof condition !== 'object' || condition === null) return false;
  return textOf(Reflect.get(condition, '$eq')) !== undefined || Array.isArray(Reflect.get(condition, '$in'));
}
