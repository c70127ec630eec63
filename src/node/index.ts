/** `telltale/node`: the SDK side. Importing it loads no SDK; {@link startTelemetry} does. */
export { FeatureFlagLogRecordProcessor } from '../instrument/log-record-processor.js';
export { FeatureFlagSpanProcessor } from '../instrument/span-processor.js';
export { telltaleViews } from '../instrument/views.js';
export { type EnvironmentExporters, exportersFromEnvironment } from './exporters.js';
export { type StartTelemetryOptions, startTelemetry, type Telemetry } from './start.js';
