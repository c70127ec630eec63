import { attributeProblem, bounded, tooMany } from '../attribute-limits.js';
import { type Draft, withAttribute } from '../drafts.js';
import type { Attributes, Resource, Scope } from '../model.js';
import { arrayJson, checkValueDepth, doubleJson, doubleText, mapJson, stringJson } from '../value-text.js';
import type { WireReader } from '../wire.js';

/**
 * The attributes of a resource or a scope with those of its message that were noted, start and end of each. Beyond the
 * limits: see attribute-limits.ts.
 */
function addAttributes(reader: WireReader, before: Attributes, notes: readonly number[]): Attributes {
  if (notes.length === 0 || attributeProblem(before) !== undefined) return before;
  const many = tooMany(Object.keys(before).length + notes.length / 2);
  if (many !== undefined) return many;
  let attributes = before;
  for (let i = 0; i < notes.length; i += 2) {
    attributes = reader.within(notes[i] as number, notes[i + 1] as number, readAttribute, attributes);
  }
  return bounded(attributes);
}

function readAttribute(reader: WireReader, attributes: Attributes): Attributes {
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = reader.message(readValueText, undefined);
    else reader.skip();
  }
  return withAttribute(attributes, key, value);
}

/** A whole AnyValue as text: see value-text.ts for the rules. */
export function readValueText(reader: WireReader): string {
  let text = '';
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        text = reader.string();
        break;
      case 2:
        text = String(reader.bool());
        break;
      case 3:
        text = reader.int64Text();
        break;
      case 4:
        text = doubleText(reader.double());
        break;
      case 5:
        text = reader.message(readArrayJson, 1);
        break;
      case 6:
        text = reader.message(readMapJson, 1);
        break;
      case 7:
        text = reader.base64();
        break;
      default:
        reader.skip();
    }
  }
  return text;
}

/** An AnyValue inside another, as JSON. */
function readValueJson(reader: WireReader, depth: number): string {
  let json = 'null';
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        json = stringJson(reader.string());
        break;
      case 2:
        json = String(reader.bool());
        break;
      case 3:
        json = reader.int64Text();
        break;
      case 4:
        json = doubleJson(reader.double());
        break;
      case 5:
        json = reader.message(readArrayJson, depth + 1);
        break;
      case 6:
        json = reader.message(readMapJson, depth + 1);
        break;
      case 7:
        json = `"${reader.base64()}"`;
        break;
      default:
        reader.skip();
    }
  }
  return json;
}

function readArrayJson(reader: WireReader, depth: number): string {
  checkValueDepth(depth);
  const items: string[] = [];
  while (reader.next()) {
    if (reader.field === 1) items.push(reader.message(readValueJson, depth));
    else reader.skip();
  }
  return arrayJson(items);
}

function readMapJson(reader: WireReader, depth: number): string {
  checkValueDepth(depth);
  const entries = new Map<string, string>();
  while (reader.next()) {
    if (reader.field === 1) {
      const [key, json] = reader.message(readEntry, depth);
      entries.set(key, json);
    } else reader.skip();
  }
  return mapJson(entries);
}

function readEntry(reader: WireReader, depth: number): [string, string] {
  let key = '';
  let json = 'null';
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) json = reader.message(readValueJson, depth);
    else reader.skip();
  }
  return [key, json];
}

/**
 * Into a draft that the records share already: protobuf does not promise that the resource comes before
 * them, and a second occurrence is merged into the first. Entity references have no column and are left out.
 */
export function readResource(reader: WireReader, resource: Draft<Resource>): void {
  const notes: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) notes.push(reader.messageStart(), reader.position);
    else if (reader.field === 2) resource.droppedAttributesCount = reader.uint32();
    else reader.skip();
  }
  resource.attributes = addAttributes(reader, resource.attributes, notes);
}

export function readScope(reader: WireReader, scope: Draft<Scope>): void {
  const notes: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        scope.name = reader.string();
        break;
      case 2:
        scope.version = reader.string();
        break;
      case 3:
        notes.push(reader.messageStart(), reader.position);
        break;
      case 4:
        scope.droppedAttributesCount = reader.uint32();
        break;
      default:
        reader.skip();
    }
  }
  scope.attributes = addAttributes(reader, scope.attributes, notes);
}
