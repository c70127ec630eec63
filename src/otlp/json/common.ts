import { bounded, tooMany } from '../attribute-limits.js';
import { draftResource, draftScope, NO_ATTRIBUTES, withAttribute } from '../drafts.js';
import type { Attributes, Resource, Scope } from '../model.js';
import { arrayJson, checkValueDepth, doubleJson, doubleText, mapJson, stringJson } from '../value-text.js';
import type { JsonMessage } from './message.js';

/** Beyond the limits: see attribute-limits.ts. */
export function readAttributes(from: JsonMessage, key: string): Attributes {
  const entries = from.messages(key);
  const many = tooMany(entries.length);
  if (many !== undefined) return many;
  let attributes = NO_ATTRIBUTES;
  for (const entry of entries) {
    attributes = withAttribute(attributes, entry.string('key'), valueText(entry.message('value')));
  }
  return bounded(attributes);
}

/** A whole AnyValue as text: see value-text.ts for the rules. */
export function valueText(value: JsonMessage | undefined): string {
  if (value === undefined) return '';
  if (value.has('stringValue')) return value.string('stringValue');
  if (value.has('boolValue')) return String(value.bool('boolValue'));
  if (value.has('intValue')) return value.int64Text('intValue');
  if (value.has('bytesValue')) return value.base64('bytesValue');
  const number = value.double('doubleValue');
  if (number !== undefined) return doubleText(number);
  return compositeJson(value, 1) ?? '';
}

/** An AnyValue inside another, as JSON. */
function valueJson(value: JsonMessage | undefined, depth: number): string {
  if (value === undefined) return 'null';
  if (value.has('stringValue')) return stringJson(value.string('stringValue'));
  if (value.has('boolValue')) return String(value.bool('boolValue'));
  if (value.has('intValue')) return value.int64Text('intValue');
  if (value.has('bytesValue')) return `"${value.base64('bytesValue')}"`;
  const number = value.double('doubleValue');
  if (number !== undefined) return doubleJson(number);
  return compositeJson(value, depth + 1) ?? 'null';
}

function compositeJson(value: JsonMessage, depth: number): string | undefined {
  const array = value.message('arrayValue');
  const map = value.message('kvlistValue');
  if (array === undefined && map === undefined) return undefined;
  checkValueDepth(depth);
  if (array !== undefined) return arrayJson(array.messages('values').map((item) => valueJson(item, depth)));
  const entries = new Map<string, string>();
  for (const entry of map?.messages('values') ?? []) {
    entries.set(entry.string('key'), valueJson(entry.message('value'), depth));
  }
  return mapJson(entries);
}

/** `group` is the message that holds the resource and its schema's address. */
export function readResource(group: JsonMessage): Resource {
  const resource = draftResource();
  resource.schemaUrl = group.string('schemaUrl');
  const from = group.message('resource');
  if (from === undefined) return resource;
  resource.attributes = readAttributes(from, 'attributes');
  resource.droppedAttributesCount = from.uint32('droppedAttributesCount');
  return resource;
}

export function readScope(group: JsonMessage): Scope {
  const scope = draftScope();
  scope.schemaUrl = group.string('schemaUrl');
  const from = group.message('scope');
  if (from === undefined) return scope;
  scope.name = from.string('name');
  scope.version = from.string('version');
  scope.attributes = readAttributes(from, 'attributes');
  scope.droppedAttributesCount = from.uint32('droppedAttributesCount');
  return scope;
}
