import type { Attributes, MapText, Resource, Scope } from '../otlp/model.js';
import { TextWriter } from '../otlp/text-writer.js';

/** Some rows of a table, as ClickHouse's CSV. */
export interface RowText {
  readonly rows: number;
  readonly text: Buffer;
}

export function rowCount(pieces: readonly RowText[]): number {
  return pieces.reduce((sum, piece) => sum + piece.rows, 0);
}

/** A column's name, and how its field is written. */
export type Column<From> = readonly [name: string, write: (text: TextWriter, from: From) => void];

/** What stands under one resource and scope on the wire, and repeats them in each of its rows. */
export interface Owner {
  readonly resource: Resource;
  readonly scope: Scope;
}

/** A table's columns by what they are made from, so that what many rows share is written as text once. */
export interface Table<Group extends Owner, From> {
  readonly name: string;
  readonly owner: readonly Column<Owner>[];
  /** From the metric, for points. */
  readonly group: readonly Column<Group>[];
  readonly row: readonly Column<From>[];
}

/** The names of the columns, as the first line of a CSV with names: a table that lacks one goes without it. */
export function header(
  table: {
    readonly [part in 'owner' | 'group' | 'row']: readonly (readonly [name: string, write: unknown])[];
  },
): Buffer {
  const names = [...table.owner, ...table.group, ...table.row].map(([name]) => `"${name}"`);
  return Buffer.from(`${names.join(',')}\n`);
}

/** Text of rows is handed on in pieces of about this size at most, so that a large request can be several inserts. */
const PIECE_BYTES = 2 ** 20;

/** Writes rows of one table, for one request after another. */
export class RowWriter<Group extends Owner, From> {
  /** Of all rows since the last `finish`. */
  bytes = 0;
  readonly #table: Table<Group, From>;
  readonly #text = new TextWriter(PIECE_BYTES);
  readonly #shared = new TextWriter(2 ** 14);
  #pieces: RowText[] = [];
  #rows = 0;
  #owner: Owner | undefined;
  #ownerText: Buffer = Buffer.alloc(0);
  #group: Group | undefined;
  #groupText: Buffer = Buffer.alloc(0);

  constructor(table: Table<Group, From>) {
    this.#table = table;
  }

  /** @param group what holds the record, or for spans and logs the record itself */
  add(group: Group, record: From): void {
    const { owner, group: groupColumns, row } = this.#table;
    if (this.#owner?.resource !== group.resource || this.#owner.scope !== group.scope) {
      this.#ownerText = fields(this.#shared, owner, group);
      this.#owner = group;
    }
    if (groupColumns.length > 0 && this.#group !== group) {
      this.#groupText = fields(this.#shared, groupColumns, group);
      this.#group = group;
    }
    const text = this.#text;
    const before = text.length;
    text.raw(this.#ownerText);
    text.raw(this.#groupText);
    for (let i = 0; i < row.length; i++) {
      if (i > 0) text.ascii(',');
      row[i]?.[1](text, record);
    }
    text.ascii('\n');
    this.bytes += text.length - before;
    this.#rows += 1;
    if (text.length >= PIECE_BYTES / 2) this.#cut();
  }

  /** The rows since the last time. */
  finish(): readonly RowText[] {
    if (this.#rows > 0) this.#cut();
    const pieces = this.#pieces;
    this.discard();
    return pieces;
  }

  /** Forgets the rows since the last `finish`. */
  discard(): void {
    this.#text.discard();
    this.#shared.discard();
    this.#pieces = [];
    this.#rows = 0;
    this.bytes = 0;
    this.#owner = undefined;
    this.#group = undefined;
  }

  #cut(): void {
    this.#pieces.push({ rows: this.#rows, text: this.#text.cut() });
    this.#rows = 0;
  }
}

function fields<From>(text: TextWriter, columns: readonly Column<From>[], from: From): Buffer {
  for (const [, write] of columns) {
    write(text, from);
    text.ascii(',');
  }
  return text.cut();
}

/** Map(String, String). Nothing where it is empty: an empty field is read as the column's default, which costs less. */
export function map(text: TextWriter, attributes: Attributes | MapText): void {
  if (!(attributes instanceof Uint8Array) && Object.keys(attributes).length === 0) return;
  text.ascii('"');
  mapValue(text, attributes);
  text.ascii('"');
}

/** The same inside an array. */
export function mapValue(text: TextWriter, attributes: Attributes | MapText): void {
  if (attributes instanceof Uint8Array) {
    text.raw(attributes);
    return;
  }
  text.ascii('{');
  let separate = false;
  for (const key in attributes) {
    if (separate) text.ascii(',');
    separate = true;
    text.value(key);
    text.ascii(':');
    text.value(attributes[key] ?? '');
  }
  text.ascii('}');
}

/** Array(T), and one column of a Nested. Nothing where it is empty, as for {@link map}. */
export function array<Item>(
  text: TextWriter,
  items: readonly Item[],
  write: (text: TextWriter, item: Item) => void,
): void {
  if (items.length === 0) return;
  text.ascii('"[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) text.ascii(',');
    write(text, items[i] as Item);
  }
  text.ascii(']"');
}

/** Float64. */
export function float(text: TextWriter, value: number | undefined): void {
  if (value === undefined) text.ascii('0');
  else if (Number.isFinite(value)) text.ascii(String(value));
  else text.ascii(Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');
}

/** DateTime64(9) counts nanoseconds in an Int64: the last moment it can hold (the year 2262). */
const MAX_TIME_UNIX_NANO = 9_223_372_036_854_775_807n;

/**
 * DateTime64(9), as seconds with nine decimals, which are read so whatever the server's time zone. Ten digits before
 * the point, because ClickHouse takes a shorter number for a date ("0" is refused).
 */
export function time(text: TextWriter, timeUnixNano: bigint): void {
  const nanos =
    timeUnixNano > MAX_TIME_UNIX_NANO ? MAX_TIME_UNIX_NANO : timeUnixNano < 0n ? 0n : timeUnixNano;
  const digits = nanos.toString().padStart(19, '0');
  text.ascii(digits.slice(0, -9));
  text.ascii('.');
  text.ascii(digits.slice(-9));
}

/** The same inside an array, where it is read as a text. */
export function timeValue(text: TextWriter, timeUnixNano: bigint): void {
  text.ascii("'");
  time(text, timeUnixNano);
  text.ascii("'");
}
