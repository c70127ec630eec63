import { accessSync, constants } from 'node:fs';
import { diag } from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { attachInstruments } from '../instrument/instruments.js';
import { registerLoader } from './loader.js';
import { loadPeer } from './peer.js';
import { warnOfUnknownVariables } from './unknown-variables.js';

type SdkNode = typeof import('@opentelemetry/sdk-node');

/** What is left out, and where the rest is written down. */
const LEFT_OUT =
  'telltale: OTEL_CONFIG_FILE starts the SDK, which takes no processors and no Views from code: child spans and ' +
  'ordinary log records have no flags, TELLTALE_EXPORTER, TELLTALE_HTTP_FLAGS and TELLTALE_CHILD_SPANS have no ' +
  "effect, and telltale.operation.duration needs the file's own views. docs/register.md has them to copy.";

/**
 * Starts OpenTelemetry's SDK from its configuration file, and says what of Telltale cannot be added to it. What is
 * wrong inside the file, the SDK reports itself, and starts nothing.
 *
 * @throws Error where the file cannot be read, or a package is not installed.
 */
export function startFromFile(
  file: string,
  instrumentations: NodeSDKConfiguration['instrumentations'],
): { shutdown(): Promise<void> } {
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new Error(`OTEL_CONFIG_FILE is "${file}", which cannot be read. Correct the path, or unset it.`);
  }
  const { startNodeSdk } = loadPeer('@opentelemetry/sdk-node') as SdkNode;
  registerLoader(instrumentations);
  const sdk = startNodeSdk({ instrumentations });
  diag.warn(LEFT_OUT);
  warnOfUnknownVariables();
  attachInstruments();
  process.once('beforeExit', () => {
    sdk.shutdown().catch((error: unknown) => diag.error('telltale: the last export failed.', error));
  });
  return sdk;
}
