import { tooLarge, tooMany } from '../attribute-limits.js';
import { NO_ATTRIBUTES } from '../drafts.js';
import type { Attributes, MapText } from '../model.js';
import { TextWriter } from '../text-writer.js';
import type { WireReader } from '../wire.js';
import { readValueText } from './common.js';

/** From this many on, equal keys are found by a Map: comparing all pairs would let a body cost its square. */
const MANY = 32;

/** One for all requests: a decoder runs to its end before the next begins. */
const text = new TextWriter(2 ** 18);

/** Numbers of `notes` for one attribute: start and end. */
const NOTE = 2;

/** Numbers of `places` for one entry: start and end of its key, of its value. */
const PLACE = 4;

/**
 * The attributes of a record as text, from where its KeyValue messages stand: start and end of each. They are noted
 * first and written when the record has been read, because other fields may stand between them. Of equal keys the
 * last wins. Beyond the limits: see attribute-limits.ts.
 */
export function readAttributes(reader: WireReader, notes: readonly number[]): Attributes | MapText {
  if (notes.length === 0) return NO_ATTRIBUTES;
  const many = tooMany(notes.length / NOTE);
  if (many !== undefined) return many;
  const places: number[] = [];
  for (let i = 0; i < notes.length; i += NOTE) {
    reader.within(notes[i] as number, notes[i + 1] as number, readEntry, places);
  }
  const entries = distinct(reader.buffer, places);
  // What a decoder left that threw in the midst of a map.
  text.discard();
  text.ascii('{');
  for (let at = 0; at < entries.length; at += PLACE) {
    if (at > 0) text.ascii(',');
    text.valueBytes(reader.buffer, entries[at] as number, entries[at + 1] as number);
    text.ascii(':');
    writeValue(reader, entries[at + 2] as number, entries[at + 3] as number);
  }
  text.ascii('}');
  return tooLarge(text.length) ?? text.cut();
}

/** A value that is missing ends where it begins, as an empty one. */
function readEntry(reader: WireReader, places: number[]): void {
  let key = 0;
  let keyEnd = 0;
  let value = 0;
  let valueEnd = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      key = reader.bytesStart();
      keyEnd = reader.position;
    } else if (reader.field === 2) {
      value = reader.messageStart();
      valueEnd = reader.position;
    } else reader.skip();
  }
  places.push(key, keyEnd, value, valueEnd);
}

function writeValue(reader: WireReader, start: number, end: number): void {
  if (reader.within(start, end, copyString, undefined)) return;
  text.value(reader.within(start, end, readValueText, undefined));
}

/** Copies a value that is one string, as nearly all are; false where it is anything else. */
function copyString(reader: WireReader): boolean {
  if (!reader.next() || reader.field !== 1) return false;
  const start = reader.bytesStart();
  const end = reader.position;
  if (reader.next()) return false;
  text.valueBytes(reader.buffer, start, end);
  return true;
}

/** The same places where no two keys are equal, as nearly always. */
function distinct(bytes: Buffer, places: readonly number[]): readonly number[] {
  if (places.length <= MANY * PLACE && !hasEqualKeys(bytes, places)) return places;
  const known = new Map<string, number>();
  const entries: number[] = [];
  for (let at = 0; at < places.length; at += PLACE) {
    const [key, keyEnd, value, valueEnd] = places.slice(at, at + PLACE) as [number, number, number, number];
    const name = bytes.toString('latin1', key, keyEnd);
    const before = known.get(name);
    if (before !== undefined) {
      entries[before + 2] = value;
      entries[before + 3] = valueEnd;
    } else {
      known.set(name, entries.length);
      entries.push(key, keyEnd, value, valueEnd);
    }
  }
  return entries;
}

function hasEqualKeys(bytes: Buffer, places: readonly number[]): boolean {
  for (let one = 0; one < places.length; one += PLACE) {
    for (let other = one + PLACE; other < places.length; other += PLACE) {
      if (sameKey(bytes, places, one, other)) return true;
    }
  }
  return false;
}

/** Compared from the end: keys differ there. */
function sameKey(bytes: Buffer, places: readonly number[], one: number, other: number): boolean {
  const start = places[one] as number;
  let i = places[one + 1] as number;
  let j = places[other + 1] as number;
  if (i - start !== j - (places[other] as number)) return false;
  while (i > start) if (bytes[--i] !== bytes[--j]) return false;
  return true;
}
