import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installedFolder } from './installed.js';

interface Serializer {
  deserialize(document: unknown, type: string): unknown;
}

/** The models of Datadog's own client, by the version of the API that has them. */
export interface DatadogClient {
  readonly v1: Serializer;
  readonly v2: Serializer;
}

export async function datadogClient(): Promise<DatadogClient> {
  const require = createRequire(join(await installedFolder('datadog-client'), 'package.json'));
  const models = (version: string): Serializer =>
    require(
      `@datadog/datadog-api-client/dist/packages/datadog-api-client-${version}/models/ObjectSerializer.js`,
    ).ObjectSerializer;
  return { v1: models('v1'), v2: models('v2') };
}

/** Where the client found a value or a name that its models do not have. It keeps both, and says so there only. */
export function unknownParts(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { _unparsed, additionalProperties, ...parts } = value as Record<string, unknown>;
  return [
    ...(value.constructor.name === 'UnparsedObject' || _unparsed === true ? [`${path}: unparsed`] : []),
    ...(additionalProperties === undefined
      ? []
      : [`${path}: unknown ${Object.keys(additionalProperties as object).join(', ')}`]),
    ...Object.entries(parts).flatMap(([name, part]) => unknownParts(part, `${path}.${name}`)),
  ];
}
