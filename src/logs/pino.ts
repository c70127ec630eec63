import type { pino } from 'pino';
import { takeFault } from '../core/faults.js';
import { attributePrefix } from '../core/flags.js';
import { settings } from '../core/settings.js';
import { type FlagFields, flagFields } from './flag-fields.js';

type Mixin<CustomLevels extends string> = NonNullable<pino.LoggerOptions<CustomLevels>['mixin']>;

const WHERE = 'the pino mixin';

/** Of pino, which exports its symbols but is not loaded here; each copy of pino has its own. */
const BINDINGS_SYMBOL = 'pino.chindings';

/**
 * Mixin for pino that writes `feature_flags.<key>` on every log line of an operation, with the variants evaluated
 * so far. A field that the application set itself, in the call, on a child logger or by its own mixin, stays as
 * it is. Outside an operation it writes nothing.
 *
 * @param own A mixin of the application's, whose fields are written too.
 * @throws TypeError where it is handed to pino without the call, or a variable `TELLTALE_*` is wrong.
 *
 * @example
 * ```ts
 * import { pino } from 'pino';
 * import { flagMixin } from 'telltale/pino';
 *
 * const logger = pino({ mixin: flagMixin() });
 * ```
 */
export function flagMixin<CustomLevels extends string = never>(
  own?: Mixin<CustomLevels>,
): Mixin<CustomLevels> {
  if (own !== undefined && typeof own !== 'function') {
    throw new TypeError(
      `flagMixin() makes the mixin and takes a function or nothing, got ${typeof own}: write mixin: flagMixin().`,
    );
  }
  // What is wrong in the environment is said at start.
  settings();
  return function mixin(mergeObject, level, logger): object {
    const fields = flagFields(WHERE);
    const theirs = own?.(mergeObject, level, logger);
    // A new object each time: pino assigns the call's fields to it.
    if (fields === undefined) return theirs ?? {};
    return Object.assign(unboundFields(fields, logger), theirs);
  };
}

/**
 * The fields that the logger has no binding for. Bindings stand in the line before what a mixin gives, and who
 * reads it takes the last of two.
 */
function unboundFields<CustomLevels extends string>(
  fields: FlagFields,
  logger: pino.Logger<CustomLevels>,
): Record<string, string> {
  try {
    const bound = mayBind(logger) ? logger.bindings() : undefined;
    const unbound: Record<string, string> = {};
    for (const [name, variant] of fields) {
      if (bound === undefined || !Object.hasOwn(bound, name)) unbound[name] = variant;
    }
    return unbound;
  } catch (error) {
    takeFault(WHERE, error);
    return {};
  }
}

let bindingsSymbol: symbol | undefined;

/**
 * Whether the bindings mention any flag. `bindings()` parses them, which costs as much as the line; they are kept as
 * the text to be written, so a look at that is enough for nearly every line.
 */
function mayBind(logger: object): boolean {
  if (bindingsSymbol === undefined || !Object.hasOwn(logger, bindingsSymbol)) {
    const symbols = Object.getOwnPropertySymbols(logger);
    bindingsSymbol = symbols.find(({ description }) => description === BINDINGS_SYMBOL);
    if (bindingsSymbol === undefined) return true;
  }
  const text: unknown = Reflect.get(logger, bindingsSymbol);
  return typeof text !== 'string' || text.includes(`"${attributePrefix()}`);
}
