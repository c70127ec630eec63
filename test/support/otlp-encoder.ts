import { type Field, type Kind, SCHEMA } from './otlp-schema.js';

export interface EncodeOptions {
  /** Fields in reverse order (items of one repeated field stay in theirs). */
  readonly reverse?: boolean;
  /** Repeated numbers one by one, as old writers do. */
  readonly unpacked?: boolean;
  /** An unknown field of each wire type at the end of every message. */
  readonly unknown?: boolean;
}

/** A message in OTLP/JSON form. */
export type JsonForm = { readonly [field: string]: unknown };

/** Encodes a message in OTLP/JSON form as protobuf. */
export function encodeMessage(name: string, value: JsonForm, options: EncodeOptions = {}): Buffer {
  const fields = SCHEMA[name];
  if (fields === undefined) throw new Error(`no message ${name} in the schema`);
  const parts = Object.entries(value).map(([key, item]) => {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) throw new Error(`no field ${key} in ${name}`);
    return encodeField(field, item, options);
  });
  if (options.reverse) parts.reverse();
  if (options.unknown) parts.push(UNKNOWN_FIELDS);
  return Buffer.concat(parts);
}

/** A length-delimited field. */
export function delimited(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const more = rest > 0x7fn;
    bytes.push(Number(rest & 0x7fn) + (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Fields 900 to 903 of wire types 0, 1, 2 and 5. */
const UNKNOWN_FIELDS = Buffer.concat([
  varint(900n * 8n),
  varint(2n ** 64n - 1n),
  varint(901n * 8n + 1n),
  Buffer.alloc(8, 7),
  delimited(902, Buffer.from('unknown')),
  varint(903n * 8n + 5n),
  Buffer.alloc(4, 7),
]);

function encodeField(field: Field, value: unknown, options: EncodeOptions): Buffer {
  const { number, kind } = field;
  if (!field.repeated) return Buffer.concat([tag(number, kind), encodeValue(kind, value, options)]);
  if (!Array.isArray(value)) throw new Error(`field ${number} is repeated`);
  const items = value.map((item) => encodeValue(kind, item, options));
  if (wireType(kind) !== 2 && !options.unpacked) return delimited(number, Buffer.concat(items));
  return Buffer.concat(items.map((item) => Buffer.concat([tag(number, kind), item])));
}

function encodeValue(kind: Kind, value: unknown, options: EncodeOptions): Buffer {
  if (typeof kind === 'object') return lengthAnd(encodeMessage(kind.message, value as JsonForm, options));
  switch (kind) {
    case 'string':
      return lengthAnd(Buffer.from(String(value)));
    case 'bytes':
      return lengthAnd(Buffer.from(String(value), 'base64'));
    case 'hex':
      return lengthAnd(Buffer.from(String(value), 'hex'));
    case 'bool':
      return varint(value === true ? 1n : 0n);
    case 'int32':
    case 'uint32':
    case 'int64':
    case 'uint64':
      return varint(BigInt(String(value)));
    case 'sint32': {
      const signed = Number(value);
      return varint(BigInt(((signed << 1) ^ (signed >> 31)) >>> 0));
    }
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return bytes;
    }
    default:
      return fixed(BigInt(String(value)), kind === 'fixed32' ? 4 : 8);
  }
}

function fixed(value: bigint, size: 4 | 8): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes.subarray(0, size);
}

function lengthAnd(bytes: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

function tag(number: number, kind: Kind): Buffer {
  return varint(BigInt(number * 8 + wireType(kind)));
}

function wireType(kind: Kind): 0 | 1 | 2 | 5 {
  if (typeof kind === 'object' || kind === 'string' || kind === 'bytes' || kind === 'hex') return 2;
  if (kind === 'fixed32') return 5;
  return kind === 'fixed64' || kind === 'sfixed64' || kind === 'double' ? 1 : 0;
}
