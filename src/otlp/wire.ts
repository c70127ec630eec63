import { OtlpDecodeError } from './decode-error.js';
import { MAX_MESSAGE_DEPTH, MAX_MESSAGES } from './limits.js';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const WIRE_TYPES = ['varint', 'fixed64', 'length-delimited', 'group start', 'group end', 'fixed32'] as const;
const TWO_TO_32 = 0x1_0000_0000;

/**
 * Reads the protobuf wire format field by field: `while (reader.next()) switch (reader.field) { ... }`.
 *
 * Every read is checked against the end of the message it is in, not only of the body, so a nested length
 * that lies is found where it lies. A field of a known number with another wire type is refused, not
 * skipped: silently losing a trace id is worse than a 400. Groups are refused; OTLP has none.
 *
 * Longer than the other files because position, bounds and the halves of a varint are private to one class.
 */
export class WireReader {
  /** The number of the field that `next` found. */
  field = 0;
  /** The whole body. */
  readonly buffer: Buffer;

  readonly #view: DataView;
  #position = 0;
  #end: number;
  #type = 0;
  #depth = 0;
  #messages = 0;
  // The last varint as two unsigned halves: most are small, and a bigint for each would cost an allocation.
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
  }

  /** Goes to the next field of the current message; false at its end. */
  next(): boolean {
    if (this.#position >= this.#end) return false;
    this.#varint();
    const number = this.#low >>> 3;
    if (this.#high !== 0 || number === 0)
      throw this.#malformed('a field number from 1 to 536870911', 'another');
    this.field = number;
    this.#type = this.#low & 7;
    return true;
  }

  /** Passes over an unknown field. */
  skip(): void {
    switch (this.#type) {
      case VARINT:
        this.#varint();
        break;
      case FIXED64:
        this.#take(8);
        break;
      case LENGTH_DELIMITED:
        this.#take(this.#length());
        break;
      case FIXED32:
        this.#take(4);
        break;
      default:
        throw this.#malformed('wire type 0, 1, 2 or 5', `${this.#type} in field ${this.field}`);
    }
  }

  /** Where reading goes on. */
  get position(): number {
    return this.#position;
  }

  /** Runs `decode` within the bounds of the nested message; what it leaves unread would be a bug, so it is read to its end. */
  message<Argument, Result>(
    decode: (reader: WireReader, argument: Argument) => Result,
    argument: Argument,
  ): Result {
    const start = this.messageStart();
    return this.within(start, this.#position, decode, argument);
  }

  /** Passes over the nested message and returns its start; it ends at `position`. For {@link within}. */
  messageStart(): number {
    const start = this.bytesStart();
    if (++this.#messages > MAX_MESSAGES) {
      throw new OtlpDecodeError(
        'too-many',
        `Expected at most ${MAX_MESSAGES} messages in one request, got more. Send smaller batches.`,
      );
    }
    return start;
  }

  /** Runs `decode` over a message that was passed over; reading then goes on where it was. */
  within<Argument, Result>(
    start: number,
    end: number,
    decode: (reader: WireReader, argument: Argument) => Result,
    argument: Argument,
  ): Result {
    if (++this.#depth > MAX_MESSAGE_DEPTH) {
      throw new OtlpDecodeError(
        'too-deep',
        `Expected at most ${MAX_MESSAGE_DEPTH} nested messages, got more at byte ${start}. Flatten the value.`,
      );
    }
    const outerPosition = this.#position;
    const outerEnd = this.#end;
    this.#position = start;
    this.#end = end;
    const result = decode(this, argument);
    this.#position = outerPosition;
    this.#end = outerEnd;
    this.#depth--;
    return result;
  }

  /** Passes over bytes or a string and returns their start; they end at `position`. */
  bytesStart(): number {
    this.#expect(LENGTH_DELIMITED);
    return this.#take(this.#length());
  }

  /** Invalid UTF-8 becomes U+FFFD: SDKs cut long values in the middle of a character, and the rest of the batch is good. */
  string(): string {
    const start = this.bytesStart();
    return this.buffer.toString('utf8', start, this.#position);
  }

  hex(): string {
    const start = this.bytesStart();
    return this.buffer.toString('hex', start, this.#position);
  }

  base64(): string {
    const start = this.bytesStart();
    return this.buffer.toString('base64', start, this.#position);
  }

  bool(): boolean {
    this.#expect(VARINT);
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** Also enums. The high half is dropped, as protobuf asks of a reader of 32-bit fields. */
  int32(): number {
    this.#expect(VARINT);
    this.#varint();
    return this.#low | 0;
  }

  uint32(): number {
    this.#expect(VARINT);
    this.#varint();
    return this.#low;
  }

  sint32(): number {
    this.#expect(VARINT);
    this.#varint();
    return (this.#low >>> 1) ^ -(this.#low & 1);
  }

  /** An int64 as its decimal text, exact. */
  int64Text(): string {
    this.#expect(VARINT);
    this.#varint();
    if (this.#high === 0) return String(this.#low);
    return String(BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low)));
  }

  fixed32(): number {
    this.#expect(FIXED32);
    return this.#view.getUint32(this.#take(4), true);
  }

  fixed64(): bigint {
    this.#expect(FIXED64);
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A fixed64 as the nearest number: above 2^53 it is no safe integer, and the caller refuses it. */
  fixed64Number(): number {
    this.#expect(FIXED64);
    return this.#unsignedAt(this.#take(8));
  }

  /** An sfixed64 as the nearest number. */
  sfixed64Number(): number {
    this.#expect(FIXED64);
    const at = this.#take(8);
    return this.#view.getInt32(at + 4, true) * TWO_TO_32 + this.#view.getUint32(at, true);
  }

  double(): number {
    this.#expect(FIXED64);
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A repeated fixed64, packed or not: `into` grows by what this field holds. */
  fixed64Numbers(into: number[]): void {
    this.#eachFixed64((at) => into.push(this.#unsignedAt(at)));
  }

  /** A repeated double, packed or not. */
  doubles(into: number[]): void {
    this.#eachFixed64((at) => into.push(this.#view.getFloat64(at, true)));
  }

  /** A repeated uint64 varint, packed or not. */
  uint64Numbers(into: number[]): void {
    if (this.#type === VARINT) {
      this.#varint();
      into.push(this.#high * TWO_TO_32 + this.#low);
      return;
    }
    this.#expect(LENGTH_DELIMITED);
    const length = this.#length();
    const start = this.#take(length);
    const outerEnd = this.#end;
    this.#position = start;
    this.#end = start + length;
    while (this.#position < this.#end) {
      this.#varint();
      into.push(this.#high * TWO_TO_32 + this.#low);
    }
    this.#end = outerEnd;
  }

  #eachFixed64(visit: (at: number) => void): void {
    if (this.#type === FIXED64) {
      visit(this.#take(8));
      return;
    }
    this.#expect(LENGTH_DELIMITED);
    const length = this.#length();
    if (length % 8 !== 0) throw this.#malformed('packed values of 8 bytes each', `${length} bytes`);
    const start = this.#take(length);
    for (let at = start; at < start + length; at += 8) visit(at);
  }

  #unsignedAt(at: number): number {
    return this.#view.getUint32(at + 4, true) * TWO_TO_32 + this.#view.getUint32(at, true);
  }

  #expect(type: number): void {
    if (this.#type !== type) {
      throw this.#malformed(
        `field ${this.field} as ${WIRE_TYPES[type]}`,
        WIRE_TYPES[this.#type] ?? `wire type ${this.#type}`,
      );
    }
  }

  /** The start of the next `length` bytes, after which reading goes on. */
  #take(length: number): number {
    const start = this.#position;
    if (length > this.#end - start) {
      throw this.#malformed(
        `${length} bytes in field ${this.field}`,
        `${this.#end - start} before its message ends`,
      );
    }
    this.#position = start + length;
    return start;
  }

  #length(): number {
    this.#varint();
    // Beyond 4 GiB it is beyond any body: let #take say so with a number that fails.
    return this.#high === 0 ? this.#low : this.#high * TWO_TO_32 + this.#low;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#position >= this.#end) throw this.#malformed('a whole varint', 'the end of its message');
      const byte = this.#view.getUint8(this.#position++);
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else if (byte > 1) break;
      else high |= bits << 31;
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#malformed('a varint of at most 64 bits', 'a longer one');
  }

  #malformed(expected: string, got: string): OtlpDecodeError {
    return new OtlpDecodeError(
      'malformed',
      `Malformed protobuf at byte ${this.#position}: expected ${expected}, got ${got}. ` +
        'Check that the body is one whole OTLP export request, and that its Content-Encoding is named.',
    );
  }
}
