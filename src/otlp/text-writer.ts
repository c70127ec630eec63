import { isUtf8 } from 'node:buffer';

const BACKSLASH = 0x5c;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

/** What a byte is preceded by inside quotes; 0: nothing. One look-up for each byte instead of comparisons. */
const CSV_ESCAPES: Uint8Array = escapeTable([[DOUBLE_QUOTE, DOUBLE_QUOTE]]);
const VALUE_ESCAPES: Uint8Array = escapeTable([
  [DOUBLE_QUOTE, DOUBLE_QUOTE],
  [SINGLE_QUOTE, BACKSLASH],
  [BACKSLASH, BACKSLASH],
]);

/** Strings up to this length are written here, longer ones by Node's encoder: a call costs more than some loops. */
const SHORT = 48;

/**
 * Text as ClickHouse reads it in CSV, written as bytes: a field stands in `"..."` with `"` doubled, and a text inside an
 * array or a map of such a field in `'...'` with `'` and `\\` escaped besides.
 *
 * It is written into chunks that hold many pieces, so that small ones cost no memory beside their bytes. What
 * {@link cut} returned stays as it is, whatever is written later; its chunk is freed with the last of its pieces.
 */
export class TextWriter {
  readonly #chunkBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the piece begins that {@link cut} will return. */
  #start = 0;
  #at = 0;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** Bytes since the last cut. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Ends the piece that was written since the last cut. */
  cut(): Buffer {
    const piece = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return piece;
  }

  /** Forgets what was written since the last cut. */
  discard(): void {
    this.#at = this.#start;
  }

  /** Characters below U+0080 that need no escape: punctuation, numbers, hex. */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    if (length > SHORT) {
      this.#at += this.#bytes.write(text, this.#at, 'latin1');
      return;
    }
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  /** A whole number. */
  integer(value: number): void {
    if (value >= 0 && value < 10) {
      this.#reserve(1);
      this.#bytes[this.#at++] = 0x30 + value;
    } else this.ascii(String(value));
  }

  /** Text that is escaped already. */
  raw(text: Uint8Array): void {
    this.#reserve(text.length);
    this.#bytes.set(text, this.#at);
    this.#at += text.length;
  }

  /** A field of its own: `"text"`. */
  field(text: string): void {
    if (text === '') this.ascii('""');
    else this.#string(text, CSV_ESCAPES, DOUBLE_QUOTE);
  }

  /** A text inside an array or a map: `'text'`. */
  value(text: string): void {
    this.#string(text, VALUE_ESCAPES, SINGLE_QUOTE);
  }

  /** As {@link value}, from UTF-8; what is no UTF-8 becomes U+FFFD. */
  valueBytes(from: Buffer, start: number, end: number): void {
    this.#escaped(from, start, end, VALUE_ESCAPES, SINGLE_QUOTE);
  }

  #string(text: string, escapes: Uint8Array, quote: number): void {
    const { length } = text;
    if (length > SHORT) {
      this.#encoded(text, escapes, quote);
      return;
    }
    this.#reserve(2 * length + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = quote;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#encoded(text, escapes, quote);
        return;
      }
      const before = escapes[code] as number;
      if (before !== 0) bytes[at++] = before;
      bytes[at++] = code;
    }
    bytes[at++] = quote;
    this.#at = at;
  }

  #encoded(text: string, escapes: Uint8Array, quote: number): void {
    const encoded = Buffer.from(text);
    this.#escaped(encoded, 0, encoded.length, escapes, quote);
  }

  #escaped(from: Buffer, start: number, end: number, escapes: Uint8Array, quote: number): void {
    this.#reserve(2 * (end - start) + 2);
    const bytes = this.#bytes;
    let at = this.#at;
    let seen = 0;
    bytes[at++] = quote;
    for (let i = start; i < end; i++) {
      const byte = from[i] as number;
      seen |= byte;
      const before = escapes[byte] as number;
      if (before !== 0) bytes[at++] = before;
      bytes[at++] = byte;
    }
    if (seen > 0x7f && !isUtf8(from.subarray(start, end))) {
      // Written over from the start: SDKs cut long values in the middle of a character.
      this.#encoded(from.toString('utf8', start, end), escapes, quote);
      return;
    }
    bytes[at++] = quote;
    this.#at = at;
  }

  /** Makes room. Pieces that were cut off keep the old buffer; the one being written moves to a new one. */
  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const piece = this.#bytes.subarray(this.#start, this.#at);
    // Twice of what is there, for a piece larger than a chunk must not be copied with every string.
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, 2 * piece.length + length));
    bytes.set(piece);
    this.#bytes = bytes;
    this.#at = piece.length;
    this.#start = 0;
  }
}

function escapeTable(pairs: readonly (readonly [byte: number, before: number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [byte, before] of pairs) table[byte] = before;
  return table;
}
