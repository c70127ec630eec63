import { OtlpDecodeError, shown } from '../decode-error.js';
import { MAX_MESSAGES } from '../limits.js';

const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;
const MIN_INT64 = -0x8000_0000_0000_0000n;
const DECIMAL = /^-?\d{1,20}$/;
const FLOAT = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * One object of an OTLP/JSON request, read field by field by the rules of the OTLP specification: lowerCamelCase
 * names, 64-bit integers as decimal text or number, enums as integers only, null as absent, unknown fields
 * ignored. A value of another type is refused with the name of its field.
 */
export class JsonMessage {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #name: string;
  /** Shared by all messages of one request. */
  readonly #budget: { messages: number };

  constructor(value: unknown, name: string, budget: { messages: number }) {
    if (!isObject(value)) throw malformed(name, 'an object', value);
    if (++budget.messages > MAX_MESSAGES) {
      throw new OtlpDecodeError(
        'too-many',
        `Expected at most ${MAX_MESSAGES} objects in one request, got more. Send smaller batches.`,
      );
    }
    this.#fields = value;
    this.#name = name;
    this.#budget = budget;
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  message(key: string): JsonMessage | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : new JsonMessage(value, this.#path(key), this.#budget);
  }

  messages(key: string): JsonMessage[] {
    const path = `${this.#path(key)}[]`;
    return this.#list(key).map((item) => new JsonMessage(item, path, this.#budget));
  }

  /** Lone surrogates become U+FFFD, as invalid UTF-8 does in protobuf. */
  string(key: string): string {
    const value = this.#get(key) ?? '';
    if (typeof value !== 'string') throw malformed(this.#path(key), 'a string', value);
    return value.toWellFormed();
  }

  /** A trace or span id; whether it is one is checked with the record. */
  id(key: string): string {
    return this.string(key).toLowerCase();
  }

  bool(key: string): boolean {
    const value = this.#get(key) ?? false;
    if (typeof value !== 'boolean') throw malformed(this.#path(key), 'true or false', value);
    return value;
  }

  /** As standard base64 text, whichever alphabet and padding it came in. */
  base64(key: string): string {
    const value = this.string(key);
    if (!BASE64.test(value)) throw malformed(this.#path(key), 'base64', value);
    return Buffer.from(value, 'base64').toString('base64');
  }

  /** Also enums, which OTLP/JSON writes as integers; their names are refused. */
  int32(key: string): number {
    return this.#integer(key, -0x8000_0000, 0x7fff_ffff);
  }

  uint32(key: string): number {
    return this.#integer(key, 0, 0xffff_ffff);
  }

  uint64(key: string): bigint {
    const value = this.#get(key);
    return value === undefined ? 0n : unsigned(value, this.#path(key));
  }

  /** A uint64 as the nearest number: above 2^53 it is no safe integer, and the caller refuses it. */
  count(key: string): number {
    return Number(this.uint64(key));
  }

  counts(key: string): number[] {
    const path = `${this.#path(key)}[]`;
    return this.#list(key).map((item) => Number(unsigned(item, path)));
  }

  double(key: string): number | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : double(value, this.#path(key));
  }

  doubles(key: string): number[] {
    const path = `${this.#path(key)}[]`;
    return this.#list(key).map((item) => double(item, path));
  }

  /** An int64 as the nearest number. */
  int64Number(key: string): number | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : Number(signed(value, this.#path(key)));
  }

  /**
   * An int64 as its decimal text. The JavaScript SDK writes every whole number as an intValue, 1e+21 too:
   * beyond 64 bits a number is taken as the double it was, rather than its batch refused.
   */
  int64Text(key: string): string {
    const value = this.#get(key);
    if (typeof value === 'number' && Math.abs(value) >= 2 ** 63) return String(value);
    return String(signed(value, this.#path(key)));
  }

  #get(key: string): unknown {
    return this.#fields[key] ?? undefined;
  }

  #path(key: string): string {
    return `${this.#name}.${key}`;
  }

  #list(key: string): readonly unknown[] {
    const value = this.#get(key) ?? [];
    if (!Array.isArray(value)) throw malformed(this.#path(key), 'an array', value);
    return value;
  }

  #integer(key: string, lowest: number, highest: number): number {
    const given = this.#get(key) ?? 0;
    const value = typeof given === 'string' && DECIMAL.test(given) ? Number(given) : given;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < lowest || value > highest) {
      throw malformed(this.#path(key), `an integer from ${lowest} to ${highest}`, given);
    }
    return value;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** parse.ts hands over integers beyond 2^53 as bigint. */
function integer(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && DECIMAL.test(value)) return BigInt(value);
  return undefined;
}

function unsigned(value: unknown, path: string): bigint {
  const result = integer(value);
  if (result === undefined || result < 0n || result > MAX_UINT64) {
    throw malformed(path, 'an unsigned 64-bit integer, as decimal text or number', value);
  }
  return result;
}

function signed(value: unknown, path: string): bigint {
  const result = integer(value);
  if (result === undefined || result < MIN_INT64 || result > MAX_INT64) {
    throw malformed(path, 'a 64-bit integer, as decimal text or number', value);
  }
  return result;
}

function double(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  if (typeof value === 'string' && FLOAT.test(value)) return Number(value);
  throw malformed(path, 'a number, "NaN", "Infinity" or "-Infinity"', value);
}

function malformed(path: string, expected: string, got: unknown): OtlpDecodeError {
  return new OtlpDecodeError(
    'malformed',
    `Malformed OTLP/JSON: expected ${path} to be ${expected}, got ${shown(got)}. ` +
      'See "JSON Protobuf Encoding" in the OTLP specification.',
  );
}
