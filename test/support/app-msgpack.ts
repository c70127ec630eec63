/** Decodes MessagePack as dd-trace writes it: maps with texts for keys; integers of 64 bits become numbers. */
export function decodeMsgpack(bytes: Buffer): unknown {
  return new Reader(bytes).value();
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(): unknown {
    const type = this.#unsigned(1);
    if (type <= 0x7f) return type;
    if (type <= 0x8f) return this.#map(type & 0x0f);
    if (type <= 0x9f) return this.#array(type & 0x0f);
    if (type <= 0xbf) return this.#text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    return this.#long(type);
  }

  #long(type: number): unknown {
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return type === 0xc3;
      case 0xca:
        return this.#take(4).readFloatBE();
      case 0xcb:
        return this.#take(8).readDoubleBE();
      case 0xcf:
        return Number(this.#take(8).readBigUInt64BE());
      case 0xd3:
        return Number(this.#take(8).readBigInt64BE());
    }
    // Families of one, two and four bytes.
    if (type >= 0xc4 && type <= 0xc6) return this.#take(this.#unsigned(2 ** (type - 0xc4)));
    if (type >= 0xcc && type <= 0xce) return this.#unsigned(2 ** (type - 0xcc));
    if (type >= 0xd0 && type <= 0xd2) return this.#signed(2 ** (type - 0xd0));
    if (type >= 0xd9 && type <= 0xdb) return this.#text(this.#unsigned(2 ** (type - 0xd9)));
    if (type >= 0xdc && type <= 0xdd) return this.#array(this.#unsigned(2 ** (type - 0xdb)));
    if (type >= 0xde && type <= 0xdf) return this.#map(this.#unsigned(2 ** (type - 0xdd)));
    throw new Error(`no such MessagePack type here: 0x${type.toString(16)}`);
  }

  #map(size: number): Record<string, unknown> {
    return Object.fromEntries(Array.from({ length: size }, () => [String(this.value()), this.value()]));
  }

  #array(size: number): unknown[] {
    return Array.from({ length: size }, () => this.value());
  }

  #text(size: number): string {
    return this.#take(size).toString('utf8');
  }

  #unsigned(size: number): number {
    return this.#take(size).readUIntBE(0, size);
  }

  #signed(size: number): number {
    return this.#take(size).readIntBE(0, size);
  }

  #take(size: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at += size;
    return taken;
  }
}
