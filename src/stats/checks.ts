import { type At, StatisticsError, shown } from './errors.js';

/** The variants that evidence speaks of. */
export interface Variants {
  readonly control: string;
  readonly treatment: string;
}

/** What every cell says of where it belongs. */
export interface CheckedPlace {
  readonly epoch: string;
  readonly from: number;
  readonly serviceVersion: string;
  /** Of the treatment; else of the control. */
  readonly treated: boolean;
}

/** Refuses names that mean nothing: a misspelt `complete` must not count as true. */
export function requireFields(entry: object, fields: ReadonlySet<string>, at: At | null = null): void {
  for (const name of Object.keys(entry)) {
    if (fields.has(name)) continue;
    const message = `there is no field ${shown(name)} here; the fields are ${[...fields].join(', ')}.`;
    throw new StatisticsError('unknown-field', message, at);
  }
}

/** Where an entry of the evidence belongs; throws where it does not say, or says what nothing reads. */
export function checkPlace(
  entry: unknown,
  fields: ReadonlySet<string>,
  { control, treatment }: Variants,
  readTime: TimeReader,
  at: At,
): CheckedPlace {
  if (typeof entry !== 'object' || entry === null) {
    throw new StatisticsError('bad-cell', `must be an object, not ${shown(entry)}.`, at);
  }
  requireFields(entry, fields, at);
  const { epoch, serviceVersion, variant, from }: Readonly<Record<string, unknown>> = entry as never;
  if (typeof epoch !== 'string') throw notText('epoch', epoch, at);
  if (typeof serviceVersion !== 'string') throw notText('serviceVersion', serviceVersion, at);
  if (variant !== control && variant !== treatment) {
    const message = `variant must be ${shown(control)} or ${shown(treatment)}, not ${shown(variant)}. Leave out the other variants.`;
    throw new StatisticsError('unknown-variant', message, at);
  }
  return { epoch, from: readTime(from, at), serviceVersion, treated: variant === treatment };
}

function notText(field: string, value: unknown, at: At): StatisticsError {
  const message = `${field} must be a string, not ${shown(value)}; "" where it is unknown.`;
  return new StatisticsError('bad-cell', message, at);
}

/** A list of the evidence, or none where it is absent. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new StatisticsError('bad-evidence', `${name} must be an array, not ${shown(value)}.`);
}

export function checkCount(value: unknown, name: string, at: At): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const large = typeof value === 'number' && value > Number.MAX_SAFE_INTEGER;
  const message = `${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${shown(value)}.`;
  throw new StatisticsError(large ? 'count-overflow' : 'bad-count', message, at);
}

export function above(name: 'errors' | 'slow', count: number, requests: number, at: At): StatisticsError {
  const message = `${name} must be at most requests (${requests}), not ${count}; count both over the same requests.`;
  return new StatisticsError(`${name}-above-requests`, message, at);
}

/** Reads one entry's `from`. */
export type TimeReader = (from: unknown, at: At) => number;

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Reads `from`. Most cells share their block with others, so each text is parsed once. */
export function timeReader(): TimeReader {
  const parsed = new Map<string, number>();
  let kind: string | null = null;
  return (from, at) => {
    kind ??= typeof from;
    if (typeof from === 'number' && Number.isFinite(from) && kind === 'number') return from;
    if (typeof from === 'string' && kind === 'string') {
      const known = parsed.get(from);
      if (known !== undefined) return known;
      // Without an offset the time would be local, and the order of blocks would depend on the machine.
      const time = ISO_TIME.test(from) ? Date.parse(from) : Number.NaN;
      if (!Number.isNaN(time)) {
        parsed.set(from, time);
        return time;
      }
    }
    const message = `from must be a number, or ISO 8601 time with Z or an offset, the same kind in every cell, not ${shown(from)}.`;
    throw new StatisticsError('bad-time', message, at);
  };
}
