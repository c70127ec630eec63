import { context } from '@opentelemetry/api';
import { isDisabled, takeFault } from '../core/faults.js';
import { peekScope } from '../core/scope.js';

/** `feature_flags.<key>` -> variant, as far as the flags were evaluated. */
export type FlagFields = ReadonlyMap<string, string>;

/**
 * The fields of the operation that is running, or `undefined` where there are none.
 *
 * @param where The part that asks, for diagnostics.
 */
export function flagFields(where: string): FlagFields | undefined {
  if (isDisabled()) return undefined;
  try {
    const fields = peekScope(context.active())?.attributes;
    return fields === undefined || fields.size === 0 ? undefined : fields;
  } catch (error) {
    takeFault(where, error);
    return undefined;
  }
}
