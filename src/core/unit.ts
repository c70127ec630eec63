import { settings } from './settings.js';

/** Buckets that units are told apart by; statistics leave one out at a time. */
export const UNIT_BUCKETS = 16;

/** Who flags were evaluated for. What is derived is made once, and only where it is asked for. */
export class Unit {
  readonly targetingKey: string;
  #hash: number | undefined;
  #id: string | undefined;

  constructor(targetingKey: string) {
    this.targetingKey = targetingKey;
  }

  /** {@link unitHash} of the targeting key. */
  get hash(): number {
    this.#hash ??= unitHash(this.targetingKey);
    return this.#hash;
  }

  /** What is written for the unit: its HMAC-SHA-256 in hex, or the key itself, or nothing, as configured. */
  get id(): string | undefined {
    const { unitIds, unitSalt } = settings();
    if (unitIds === 'plain') return this.targetingKey.slice(0, settings().limits.nameLength);
    if (unitIds === 'off' || unitSalt === undefined) return undefined;
    if (this.#id !== undefined) return this.#id;
    // Asked for here, because importing it takes a fifth of the time that all of Telltale takes to load.
    const { createHmac } = process.getBuiltinModule('node:crypto');
    this.#id = createHmac('sha256', unitSalt).update(this.targetingKey).digest('hex');
    return this.#id;
  }
}

/** The bucket of a hash, 0 to 15: its highest four bits. */
export function unitBucket(hash: number): number {
  return hash >>> 28;
}

/**
 * Jenkins' one-at-a-time hash of the UTF-8 bytes, 32 bits, unsigned. Cheap, stable, the same in every language
 * and the assignment of no flag SDK, which take MurmurHash3, FNV-1a, SHA-1, SHA-256, MD5 or CRC-32: with theirs, a
 * unit's bucket and its variant would be tied.
 *
 * @see B. Jenkins, "Hash functions", Dr. Dobb's Journal, September 1997
 */
export function unitHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return hashBytes(Buffer.from(text));
    hash = mix(hash, code);
  }
  return finish(hash);
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0;
  for (const byte of bytes) hash = mix(hash, byte);
  return finish(hash);
}

function mix(hash: number, byte: number): number {
  const added = (hash + byte) | 0;
  const shifted = (added + (added << 10)) | 0;
  return shifted ^ (shifted >>> 6);
}

function finish(hash: number): number {
  const added = (hash + (hash << 3)) | 0;
  const mixed = added ^ (added >>> 11);
  return (mixed + (mixed << 15)) >>> 0;
}
