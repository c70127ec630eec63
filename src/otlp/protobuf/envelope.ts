import { type Draft, draftResource, draftScope } from '../drafts.js';
import type { Resource, Scope } from '../model.js';
import { WireReader } from '../wire.js';
import { readResource, readScope } from './common.js';

/** Reads one record (a span, a log record, a metric) that stands under `owner`. */
export type ReadRecord = (reader: WireReader, owner: Owner) => void;

interface Owner {
  readonly resource: Draft<Resource>;
  readonly scope: Draft<Scope>;
}

/**
 * The three export requests have one form: request.resource_x[] = { resource = 1, scope_x[] = 2, schema_url = 3 }
 * and scope_x = { scope = 1, records[] = 2, schema_url = 3 }, with the same field numbers.
 */
export function readEnvelope(body: Uint8Array, readRecord: ReadRecord): void {
  const reader = new WireReader(body);
  while (reader.next()) {
    if (reader.field === 1) reader.message(readResourceGroup, readRecord);
    else reader.skip();
  }
}

function readResourceGroup(reader: WireReader, readRecord: ReadRecord): void {
  const resource = draftResource();
  const group = { resource, readRecord };
  while (reader.next()) {
    if (reader.field === 1) reader.message(readResource, resource);
    else if (reader.field === 2) reader.message(readScopeGroup, group);
    else if (reader.field === 3) resource.schemaUrl = reader.string();
    else reader.skip();
  }
}

interface ResourceGroup {
  readonly resource: Draft<Resource>;
  readonly readRecord: ReadRecord;
}

function readScopeGroup(reader: WireReader, group: ResourceGroup): void {
  const scope = draftScope();
  const owner = { resource: group.resource, scope };
  while (reader.next()) {
    if (reader.field === 1) reader.message(readScope, scope);
    else if (reader.field === 2) reader.message(group.readRecord, owner);
    else if (reader.field === 3) scope.schemaUrl = reader.string();
    else reader.skip();
  }
}
