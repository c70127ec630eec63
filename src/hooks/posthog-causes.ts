import type { PostHogFeatureFlag } from 'posthog-node';
import { textOf } from '../core/words.js';
import { type Cause, FAILED, FOR_ALL, NAMED, NO_RULE, OFF, RULE, SPLIT } from './causes.js';

const HELD_OUT: Cause = { reason: 'split', assignment: 'default' };

/** By the codes of PostHog's servers. */
const CAUSES: ReadonlyMap<string, Cause> = new Map([
  ['flag_disabled', OFF],
  ['disabled', OFF],
  ['condition_match', RULE],
  ['no_condition_match', NO_RULE],
  ['no_group_type', NO_RULE],
  ['out_of_rollout_bound', SPLIT],
  ['holdout_condition_value', HELD_OUT],
  // The unit enrolled itself.
  ['super_condition_value', NAMED],
  ['missing_dependency', FAILED],
]);

/** Why, in the words of PostHog's servers; a variant that they matched is one of several. */
export function causeOfCode(code: unknown, variant: string | undefined): Cause | undefined {
  const cause = CAUSES.get(textOf(code) ?? '');
  return cause === RULE && variant !== undefined ? SPLIT : cause;
}

/** What a definition says, whoever the unit is. */
interface Facts {
  readonly on: Cause;
  readonly off: Cause;
  /** Units that have a condition of their own. */
  readonly names: ReadonlySet<string> | undefined;
}

const known = new WeakMap<PostHogFeatureFlag, Facts>();

/** Why a flag that was evaluated locally gave that; PostHog does not tell, its definition does. */
export function causeOfDefinition(
  definition: PostHogFeatureFlag,
  isOn: boolean,
  unit: string | undefined,
): Cause {
  let facts = known.get(definition);
  if (facts === undefined) {
    facts = factsOf(definition);
    known.set(definition, facts);
  }
  if (isOn && unit !== undefined && facts.names?.has(unit)) return NAMED;
  return isOn ? facts.on : facts.off;
}

type Filters = NonNullable<PostHogFeatureFlag['filters']>;
type Condition = NonNullable<Filters['groups']>[number];

function factsOf({ active, filters = {} }: PostHogFeatureFlag): Facts {
  if (!active) return { on: OFF, off: OFF, names: undefined };
  const conditions = filters.groups ?? [];
  const named = conditions.flatMap(unitsOf);
  const names = named.length > 0 ? new Set(named) : undefined;
  if (isSplit(filters, conditions)) return { on: SPLIT, off: SPLIT, names };
  const isForAll = conditions.length > 0 && conditions.every(({ properties }) => !properties?.length);
  return { on: isForAll ? FOR_ALL : RULE, off: NO_RULE, names };
}

function isSplit({ multivariate, holdout }: Filters, conditions: readonly Condition[]): boolean {
  if (holdout) return true;
  const variants = (multivariate?.variants ?? []).filter(({ rollout_percentage }) => rollout_percentage > 0);
  return conditions.some(
    ({ rollout_percentage: share, variant }) =>
      (typeof share === 'number' && share > 0 && share < 100) || (!variant && variants.length > 1),
  );
}

/** The units that a condition is for, where it asks for nothing else. */
function unitsOf({ properties = [] }: Condition): string[] {
  const [property, another] = properties;
  if (property === undefined || another !== undefined || property.negation) return [];
  const { key, operator = 'exact', value } = property;
  if (key !== 'distinct_id' || operator !== 'exact') return [];
  return [value].flat().map(String);
}
