import type { Resource, Scope } from '../model.js';
import { readResource, readScope } from './common.js';
import type { JsonMessage } from './message.js';
import { parseRequest } from './parse.js';

/** What the three export requests call their parts. */
export interface EnvelopeNames {
  readonly request: string;
  readonly resources: string;
  readonly scopes: string;
  readonly records: string;
}

export function readEnvelope(
  body: Uint8Array,
  names: EnvelopeNames,
  readRecord: (record: JsonMessage, resource: Resource, scope: Scope) => void,
): void {
  for (const resourceGroup of parseRequest(body, names.request).messages(names.resources)) {
    const resource = readResource(resourceGroup);
    for (const scopeGroup of resourceGroup.messages(names.scopes)) {
      const scope = readScope(scopeGroup);
      for (const record of scopeGroup.messages(names.records)) readRecord(record, resource, scope);
    }
  }
}
