/** `telltale/node`: the SDK side. Importing it loads no SDK; {@link startTelemetry} does. */
import '../instrument/propagation-provider.js';

export { createFlagAttributesProcessor } from '../instrument/flag-attributes.js';
export { FeatureFlagLogRecordProcessor } from '../instrument/log-record-processor.js';
export {
  FeatureFlagSpanProcessor,
  type FeatureFlagSpanProcessorOptions,
} from '../instrument/span-processor.js';
export { type TelltaleViewsOptions, telltaleViews } from '../instrument/views.js';
export { type EnvironmentExporters, exportersFromEnvironment } from './exporters.js';
export type { ExporterPreset } from './presets.js';
export { startTelemetry, type Telemetry } from './start.js';
export type { StartTelemetryOptions } from './start-options.js';
