import { context, trace } from '@opentelemetry/api';
import { isDisabled, takeFault } from '../core/faults.js';
import { peekScope } from '../core/scope.js';
import { isLeftBehind } from '../instrument/left-behind.js';

/** `feature_flags.<key>` -> variant, as far as the flags were evaluated. */
export type FlagFields = ReadonlyMap<string, string>;

/**
 * The fields of the operation that is running, or `undefined` where there are none.
 *
 * @param where The part that asks, for diagnostics.
 */
export function flagFields(where: string): FlagFields | undefined {
  if (isDisabled(where)) return undefined;
  try {
    const active = context.active();
    const scope = peekScope(active);
    if (scope === undefined || isLeftBehind(scope, trace.getSpanContext(active)?.traceId)) return undefined;
    return scope.attributes.size === 0 ? undefined : scope.attributes;
  } catch (error) {
    takeFault(where, error);
    return undefined;
  }
}
