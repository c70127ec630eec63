import type { FeatureDefinition, FeatureRule, Result } from '@growthbook/growthbook';
import { textOf } from '../core/words.js';
import type { Cause } from './causes.js';
import { FOR_ALL, NAMED, NO_RULE, RULE, SPLIT, UNKNOWN } from './causes.js';

/** Why a feature gave what it gave. */
export interface RuleCause extends Cause {
  /** The attribute that a share of the units was chosen by; `id` where there is none. */
  readonly hashAttribute?: string;
  /** An experiment that a server ran instead of the SDK. */
  readonly tracked?: Result<unknown>;
}

/** What a feature's definition says of its results. */
export interface RuleCauses {
  /** By id of the rule that forced the value. */
  readonly byRule: ReadonlyMap<string, RuleCause>;
  /** Where no rule applied. */
  readonly byDefault: RuleCause;
}

/** By code or by a query string, whatever the rules say. */
export const FORCED: RuleCause = { reason: 'static', assignment: 'override' };

const known = new WeakMap<FeatureDefinition, RuleCauses>();

/** What a definition says; a payload's definitions stay the same objects until the next payload. */
export function ruleCauses(key: string, feature: FeatureDefinition): RuleCauses {
  const found = known.get(feature);
  if (found !== undefined) return found;
  const rules = feature.rules ?? [];
  const byRule = new Map<string, RuleCause>();
  let leftOut: RuleCause | undefined;
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
export function experimentCause({ inExperiment, hashUsed }: Result<unknown>): RuleCause {
  if (!inExperiment) return NO_RULE;
  return hashUsed === true ? SPLIT : FORCED;
}

function causeOf(key: string, rule: FeatureRule): RuleCause {
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
