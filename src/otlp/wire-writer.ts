/** The three shapes that a receiver's answers are made of: int64 and text fields, and a message in a message. */

const VARINT = 0;
const LENGTH_DELIMITED = 2;

export function varintField(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([tag(field, VARINT), varint(value)]);
}

export function bytesField(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([tag(field, LENGTH_DELIMITED), varint(value.length), value]);
}

export function stringField(field: number, value: string): Buffer {
  return value === '' ? Buffer.alloc(0) : bytesField(field, Buffer.from(value));
}

function tag(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

/** For safe integers of 0 and more; divides, because shifts end at 32 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
