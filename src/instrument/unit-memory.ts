/** Operations of one unit that count within an hour, for each flag and variant. */
const OPERATIONS_PER_HOUR = 3;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Slots of the hourly counts, two bits each: 1 MiB. */
const HOUR_SLOT_BITS = 22;

/** Slots of the daily marks, one bit each: 1 MiB. */
const DAY_SLOT_BITS = 23;

/**
 * Which units were counted already. Fixed arrays indexed by hash, so that no number of units takes more memory and
 * nobody can be read out of it; two units that share a slot only lower the counts.
 */
export class UnitMemory {
  readonly #hourly: Uint8Array = new Uint8Array(2 ** (HOUR_SLOT_BITS - 2));
  readonly #daily: Uint8Array = new Uint8Array(2 ** (DAY_SLOT_BITS - 3));
  #hour = 0;
  #day = 0;

  /** Whether one more operation of the unit counts in this hour; if so, it is taken. */
  takes(hash: number, row: number, nowMs: number): boolean {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#hourly.fill(0);
    }
    const slot = slotOf(hash, row, HOUR_SLOT_BITS);
    const shift = (slot & 3) * 2;
    const byte = this.#hourly[slot >>> 2] ?? 0;
    const count = (byte >>> shift) & 3;
    if (count >= OPERATIONS_PER_HOUR) return false;
    this.#hourly[slot >>> 2] = byte + (1 << shift);
    return true;
  }

  /** Whether this is the unit's first operation of the day (UTC). */
  isExposure(hash: number, row: number, nowMs: number): boolean {
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#daily.fill(0);
    }
    const slot = slotOf(hash, row, DAY_SLOT_BITS);
    const byte = this.#daily[slot >>> 3] ?? 0;
    const bit = 1 << (slot & 7);
    if ((byte & bit) !== 0) return false;
    this.#daily[slot >>> 3] = byte | bit;
    return true;
  }
}

/** Spreads unit and row over the slots; multipliers of MurmurHash3's finisher, which mixes every bit into all. */
function slotOf(hash: number, row: number, bits: number): number {
  let mixed = hash ^ Math.imul(row, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> (32 - bits);
}
