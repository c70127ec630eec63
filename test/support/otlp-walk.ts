import type { JsonForm } from './otlp-encoder.js';
import { type Field, type Kind, SCHEMA } from './otlp-schema.js';

/** One field of one message, and the messages on the way to it. */
export interface Place {
  readonly message: string;
  readonly field: string;
  readonly path: readonly (readonly [message: string, field: string])[];
}

/** Every field that can be reached from a request, each message by its shortest way. */
export function places(request: string): Place[] {
  const found: Place[] = [];
  const seen = new Set([request]);
  const queue: { message: string; path: Place['path'] }[] = [{ message: request, path: [] }];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { message, path } = next;
    for (const [field, { kind }] of Object.entries(SCHEMA[message] ?? {})) {
      found.push({ message, field, path });
      if (typeof kind === 'object' && !seen.has(kind.message)) {
        seen.add(kind.message);
        queue.push({ message: kind.message, path: [...path, [message, field]] });
      }
    }
  }
  return found;
}

/** Of these, only the field on the way, else the first, else none. */
const ONEOFS: Readonly<Record<string, readonly string[]>> = {
  AnyValue: Object.keys(SCHEMA['AnyValue'] ?? {}),
  Metric: ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'],
  NumberDataPoint: ['asDouble', 'asInt'],
  Exemplar: ['asDouble', 'asInt'],
};

/** A whole request, all fields set, in which the field of the place has its first or its second value; of messages the second is none. */
export function requestOf(request: string, place: Place, second: boolean): JsonForm {
  return build(request, place, second, 0);
}

function build(message: string, place: Place, second: boolean, depth: number): JsonForm {
  const form: Record<string, unknown> = {};
  const onWay = new Set(place.path.filter(([owner]) => owner === message).map(([, field]) => field));
  if (place.message === message) onWay.add(place.field);
  const choices = ONEOFS[message] ?? [];
  const chosen = choices.find((field) => onWay.has(field)) ?? choices[0];
  for (const [name, field] of Object.entries(SCHEMA[message] ?? {})) {
    if (choices.includes(name) && name !== chosen) continue;
    // A value may hold values; ours do only on the way to a place.
    if (depth > 12) continue;
    const isPlace = place.message === message && place.field === name;
    if (isPlace && second && typeof field.kind === 'object') continue;
    const value = fieldValue(message, name, field, isPlace && second, place, second, depth);
    form[name] = field.repeated ? [value] : value;
  }
  return settled(message, form, place, second);
}

function fieldValue(
  message: string,
  name: string,
  { kind }: Field,
  changed: boolean,
  place: Place,
  second: boolean,
  depth: number,
): unknown {
  if (typeof kind === 'object') return build(kind.message, place, second, depth + 1);
  if (kind === 'hex') return (changed ? 'b' : 'a').repeat(name === 'traceId' ? 32 : 16);
  if (name === 'key') return changed ? 'key-b' : 'key-a';
  return scalar(kind, `${message}.${name}`, changed);
}

function scalar(kind: Kind, name: string, changed: boolean): unknown {
  if (kind === 'string') return `${name} ${changed ? 'b' : 'a'}`;
  if (kind === 'bytes') return changed ? 'Yg==' : 'YQ==';
  if (kind === 'bool') return changed;
  if (kind === 'double') return changed ? 2.5 : 1.5;
  const number = changed ? 2 : 1;
  return kind === 'int64' || kind === 'uint64' || kind === 'fixed64' || kind === 'sfixed64'
    ? `${number}`
    : number;
}

/** Counts of a histogram must add up, and a log record has only one of its times. */
function settled(message: string, form: Record<string, unknown>, place: Place, second: boolean): JsonForm {
  const changed = (name: string): boolean => second && place.field === name;
  const buckets = second && place.field === 'bucketCounts' ? 2 : 1;
  if (message === 'LogRecord' && place.field === 'observedTimeUnixNano') delete form['timeUnixNano'];
  if (message === 'HistogramDataPoint') {
    // Of two buckets the first takes what the count has more.
    const first = changed('count') ? 2 : buckets;
    return { ...form, bucketCounts: [`${first}`, '1'], count: `${first + 1}` };
  }
  if (message === 'Buckets') return { ...form, bucketCounts: [`${buckets}`] };
  if (message === 'ExponentialHistogramDataPoint') {
    const zero = changed('count') || changed('zeroCount') ? 2 : 1;
    return { ...form, zeroCount: `${zero}`, count: `${zero + 2 * buckets}` };
  }
  return form;
}
