/**
 * `node --import telltale/register app.js`: telemetry from the variables `OTEL_*` and `TELLTALE_*`, and flags on it,
 * for an application without a line of Telltale. See docs/register.md.
 */
import { createRequire } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { environmentText } from '../core/settings-environment.js';
import { isTrue } from './environment.js';
import { loadPeer } from './peer.js';
import { flushOnSigterm } from './sigterm.js';
import { defaultInstrumentations, startTelemetry } from './start.js';
import { startFromFile } from './start-from-file.js';

const require = createRequire(import.meta.url);

const instrumentations: NodeSDKConfiguration['instrumentations'] = [];
try {
  start();
} catch (error) {
  // Whoever starts the process set a variable wrong: that costs the telemetry, and never the application. One line, as
  // its stack says nothing about that.
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `telltale/register: nothing is measured in this process. ${message.replaceAll('\n', ' ')}\n`,
  );
  for (const instrumentation of instrumentations.flat()) instrumentation.disable();
}

function start(): void {
  const file = environmentText('OTEL_CONFIG_FILE');
  // With a file, the file says it.
  if (file === undefined && isTrue('OTEL_SDK_DISABLED')) return;
  instrumentations.push(...defaultInstrumentations());
  instrumentations.push(flagInstrumentation());
  const telemetry =
    file === undefined ? startTelemetry({ instrumentations }) : startFromFile(file, instrumentations);
  flushOnSigterm(() => telemetry.shutdown());
}

function flagInstrumentation(): Instrumentation {
  // It imports this package, and a missing one is to be a line that says what to install.
  loadPeer('@opentelemetry/instrumentation');
  const { FeatureFlagInstrumentation } =
    require('./instrumentation.js') as typeof import('./instrumentation.js');
  return new FeatureFlagInstrumentation();
}
