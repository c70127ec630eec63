import type { Logform } from 'winston';
import { takeFault } from '../core/faults.js';
import { settings } from '../core/settings.js';
import { type FlagFields, flagFields } from './flag-fields.js';

type Info = Logform.TransformableInfo;

const WHERE = 'the winston format';

/** Where {@link flagMeta} leaves what was evaluated by the time of the call; {@link flagFormat} takes it out. */
const FIELDS = Symbol('telltale.fields');

interface WithFields {
  [FIELDS]?: FlagFields | undefined;
}

/**
 * Format for winston that adds `feature_flags.<key>` to every log entry of an operation, with the variants
 * evaluated so far. A field that the application set itself stays as it is. Outside an operation it adds nothing.
 * Put it after `format.errors()` and before the format that makes the text.
 *
 * Entries that wait for a slow transport are formatted later, in whatever operation then runs: where that can
 * happen, add {@link flagMeta} too.
 *
 * @throws TypeError where a variable `TELLTALE_*` is wrong.
 *
 * @example
 * ```ts
 * import { createLogger, format, transports } from 'winston';
 * import { flagFormat, flagMeta } from 'telltale/winston';
 *
 * const logger = createLogger({
 *   defaultMeta: flagMeta(),
 *   format: format.combine(flagFormat(), format.json()),
 *   transports: [new transports.Console()],
 * });
 * ```
 */
export function flagFormat(): Logform.Format {
  // What is wrong in the environment is said at start.
  settings();
  return {
    transform(info: Info & WithFields): Info {
      try {
        const fields = takeFields(info);
        return fields === undefined ? info : withFields(info, fields);
      } catch (error) {
        takeFault(WHERE, error);
        return info;
      }
    },
  };
}

/**
 * Default metadata for winston that remembers the operation of a log call for {@link flagFormat}, however long the
 * entry waits for its transport.
 *
 * @param own Default metadata of the application's.
 *
 * @example
 * ```ts
 * import { createLogger, format, transports } from 'winston';
 * import { flagFormat, flagMeta } from 'telltale/winston';
 *
 * const logger = createLogger({
 *   defaultMeta: flagMeta({ service: 'shop' }),
 *   format: format.combine(flagFormat(), format.json()),
 *   transports: [new transports.Http({ host: 'logs.internal' })],
 * });
 * ```
 */
export function flagMeta(own: object = {}): object {
  // Winston copies the default metadata in every call, so that a getter is asked then and there.
  return Object.defineProperty({ ...own }, FIELDS, { enumerable: true, get: () => flagFields(WHERE) });
}

function takeFields(info: Info & WithFields): FlagFields | undefined {
  if (!(FIELDS in info)) return flagFields(WHERE);
  const fields = info[FIELDS];
  delete info[FIELDS];
  return fields;
}

function withFields(info: Info, fields: FlagFields): Info {
  // A copy: winston takes an object that the application passes for the entry itself, and may be given it again in
  // another operation. But an error is no error any more when it is copied.
  const written = isPlain(info) ? { ...info } : info;
  for (const [name, variant] of fields) {
    if (!(name in written)) written[name] = variant;
  }
  return written;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
