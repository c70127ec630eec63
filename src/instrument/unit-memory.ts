/** Operations of one unit that count within an hour, for each flag and variant. */
const OPERATIONS_PER_HOUR = 3;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Slots: two bits each for the hour, 2 MiB, and one for the day, 1 MiB. */
const SLOT_BITS = 23;

/** Slots that lie together, one cache line of the hourly counts. */
const LINE_BITS = 8;

/**
 * Which units were counted already. Fixed arrays indexed by {@link unitSlot}, so that no number of units takes more
 * memory and nobody can be read out of it; two units that share a slot only lower the counts.
 */
export class UnitMemory {
  readonly #hourly: Uint8Array = new Uint8Array(2 ** (SLOT_BITS - 2));
  readonly #daily: Uint8Array = new Uint8Array(2 ** (SLOT_BITS - 3));
  #hour = 0;
  #day = 0;

  /**
   * Takes one more operation of a unit, where it still counts in this hour.
   *
   * @returns How many were taken before it, or `undefined` where it does not count.
   */
  take(slot: number, nowMs: number): number | undefined {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#hourly.fill(0);
    }
    const shift = (slot & 3) * 2;
    const byte = this.#hourly[slot >>> 2] ?? 0;
    const count = (byte >>> shift) & 3;
    if (count >= OPERATIONS_PER_HOUR) return undefined;
    this.#hourly[slot >>> 2] = byte + (1 << shift);
    return count;
  }

  /** Whether this is the unit's first operation of the day (UTC). */
  isExposure(slot: number, nowMs: number): boolean {
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#daily.fill(0);
    }
    const byte = this.#daily[slot >>> 3] ?? 0;
    const bit = 1 << (slot & 7);
    if ((byte & bit) !== 0) return false;
    this.#daily[slot >>> 3] = byte | bit;
    return true;
  }
}

/**
 * The slot of a unit and a row. All rows of a unit stand next to each other, in a line and from a place that the
 * unit's hash chooses: memory this large is far away, and one operation looks at it once for each of its flags. So
 * rows of one unit never share a slot, but for those 256 apart, which get lines of their own.
 *
 * @param row Number of the flag, variant and assignment.
 */
export function unitSlot(hash: number, row: number): number {
  // Multipliers of MurmurHash3's finisher, which mixes every bit into all.
  let mixed = hash ^ Math.imul(row >>> LINE_BITS, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed = (mixed ^ (mixed >>> 16)) >>> 0;
  const line = (mixed >>> (32 - SLOT_BITS + LINE_BITS)) << LINE_BITS;
  return line | ((mixed + row) & (2 ** LINE_BITS - 1));
}
