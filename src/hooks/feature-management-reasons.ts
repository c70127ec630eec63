import type { EvaluationResult } from '@microsoft/feature-management';
import { type Cause, FOR_ALL, NAMED, NO_RULE, OFF, RULE, SPLIT } from './causes.js';

export type FeatureFlag = NonNullable<EvaluationResult['feature']>;
type ClientFilter = NonNullable<NonNullable<FeatureFlag['conditions']>['client_filters']>[number];

/** What the filter `Microsoft.Targeting` takes; another filter of that name may take anything. */
interface Audience {
  readonly Users?: unknown;
  readonly Groups?: unknown;
  readonly DefaultRolloutPercentage?: unknown;
  readonly Exclusion?: { readonly Users?: unknown };
}

/** The SDK tells how a variant was allocated; whether the flag was on at all is read from its filters. */
export function causeOf(flag: FeatureFlag, result: EvaluationResult): Cause {
  if (flag.enabled !== true) return OFF;
  const { targetingId } = result;
  const percentile = flag.allocation?.percentile ?? [];
  // As text, because the SDK's enumeration is a value that only the SDK has.
  switch (result.variantAssignmentReason as string) {
    case 'User':
      return NAMED;
    case 'Group':
      return RULE;
    case 'Percentile':
      return percentile.some(isWhole) ? byFilters(flag, targetingId, true) : SPLIT;
    case 'DefaultWhenEnabled':
      // The default takes the units that the percentages leave.
      return targetingId !== undefined && percentile.length > 0 ? SPLIT : byFilters(flag, targetingId, true);
    case 'DefaultWhenDisabled':
      return byFilters(flag, targetingId, false);
    default:
      return byFilters(flag, targetingId, result.enabled);
  }
}

function isWhole({ from, to }: { readonly from: number; readonly to: number }): boolean {
  return from <= 0 && to >= 100;
}

/** @param isOn Whether the filters let the unit in. */
function byFilters(flag: FeatureFlag, unit: string | undefined, isOn: boolean): Cause {
  const filters = flag.conditions?.client_filters ?? [];
  if (filters.length === 0) return isAllocated(flag) ? NO_RULE : FOR_ALL;
  const audiences = filters.map(audienceOf);
  const names = (users: unknown): boolean => Array.isArray(users) && users.includes(unit);
  const isNamed = (audience: Audience | undefined): boolean =>
    names(isOn ? audience?.Users : audience?.Exclusion?.Users);
  if (unit !== undefined && audiences.some(isNamed)) return NAMED;
  if (audiences.some(isSplit)) return SPLIT;
  if (!isOn) return NO_RULE;
  return audiences.every(isForAll) ? FOR_ALL : RULE;
}

/** Whether some units or groups get a variant of their own. */
function isAllocated({ allocation }: FeatureFlag): boolean {
  return (allocation?.user?.length ?? 0) + (allocation?.group?.length ?? 0) > 0;
}

function audienceOf({ name, parameters }: ClientFilter): Audience | undefined {
  const audience = name === 'Microsoft.Targeting' ? parameters?.['Audience'] : undefined;
  return typeof audience === 'object' && audience !== null ? audience : undefined;
}

function isSplit(audience: Audience | undefined): boolean {
  if (isShare(audience?.DefaultRolloutPercentage)) return true;
  const groups: unknown = audience?.Groups;
  return Array.isArray(groups) && groups.some((group) => isShare(group?.RolloutPercentage));
}

function isShare(percentage: unknown): boolean {
  return typeof percentage === 'number' && percentage > 0 && percentage < 100;
}

function isForAll(audience: Audience | undefined): boolean {
  return audience?.DefaultRolloutPercentage === 100 && audience.Exclusion === undefined;
}
