import { readHostName } from '../server/access.js';
import { startBackend } from '../server/backend.js';
import { LAUNCHDARKLY_SECRET } from '../server/launchdarkly-webhook.js';
import { BackendError } from '../store/backend-error.js';
import { readArguments, readPort } from './arguments.js';
import { configuredOptions } from './config-file.js';
import { createErrorLog } from './error-log.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { readNotify } from './notify-options.js';
import { readTraceUrl } from './page-options.js';
import { readLocation, readStoreOptions, STORE_OPTIONS } from './store-options.js';
import { backendTokens, checkExposure, TOKEN_FILES } from './tokens.js';
import { serveSource } from './up-source.js';

/** Runs until SIGTERM or SIGINT. */
export async function upCommand(argv: readonly string[]): Promise<ExitCode> {
  const { values, lists, switches } = readArguments('up', argv, {
    options: [
      'otlp-port',
      'otlp-grpc-port',
      'port',
      'host',
      'self-telemetry',
      'public-url',
      'trace-url',
      'source',
      ...STORE_OPTIONS,
      ...TOKEN_FILES,
    ],
    lists: ['allowed-host', 'cors-origin', 'notify'],
    switches: ['insecure'],
    positionals: [],
  });
  const host = values['host'] ?? '127.0.0.1';
  const tokens = backendTokens(values);
  const receives = values['source'] === undefined;
  checkExposure(host, tokens, { insecure: switches.has('insecure'), receives });
  const stop = stopSignal();
  const access = { host, allowedHosts: (lists['allowed-host'] ?? []).map(readAllowedHost), ...tokens };
  if (values['source'] !== undefined) {
    return serveSource(
      values['source'],
      { ...values, 'cors-origin': lists['cors-origin']?.[0], notify: lists['notify']?.[0] },
      access,
      stop,
    );
  }
  const backend = await startBackend({
    access,
    corsOrigins: (lists['cors-origin'] ?? []).map(readOrigin),
    otlpPort: readPort(values['otlp-port'], '--otlp-port', 4318),
    grpcPort: readPort(values['otlp-grpc-port'], '--otlp-grpc-port', 4317),
    grpcRequired: values['otlp-grpc-port'] !== undefined,
    apiPort: readPort(values['port'], '--port', 4300),
    location: readLocation(values),
    store: { ...readStoreOptions(values), now: Date.now, onNotice: (text) => console.error(text) },
    // A variable that a deployment leaves empty sets no secret.
    launchDarklySecret: process.env[LAUNCHDARKLY_SECRET] || undefined,
    selfTelemetryUrl: readUrl(values['self-telemetry']),
    notify: readNotify(lists['notify'] ?? [], values['public-url']),
    parametersOf: configuredOptions,
    traceUrl: readTraceUrl(values['trace-url']),
    onError: createErrorLog(console.error),
  });
  const { grpc } = backend;
  if ('off' in grpc) console.error(`OTLP/gRPC is off: ${grpc.off.message}`);
  const grpcText = 'url' in grpc ? ` OTLP/gRPC ${grpc.url},` : '';
  console.log(
    `telltale is ready: OTLP ${backend.otlpUrl},${grpcText} API ${backend.apiUrl}, page ${backend.apiUrl}`,
  );
  await stop;
  await backend.close();
  return EXIT.ok;
}

function readAllowedHost(text: string): string {
  const name = readHostName(text);
  if (name !== undefined) return name;
  throw new BackendError(
    'usage',
    `--allowed-host must be a name such as flags.example, or an address ([fd00::1]), without scheme, port and path; it is ${JSON.stringify(text)}.`,
  );
}

/** An origin as browsers write it, so that it can be compared with what they send. */
function readOrigin(text: string): string {
  if (URL.parse(text)?.origin === text) return text;
  throw new BackendError(
    'usage',
    `--cors-origin must be an origin such as https://shop.example or http://localhost:3000, without a path; it is ${JSON.stringify(text)}.`,
  );
}

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new BackendError(
    'usage',
    `--self-telemetry must be the address of an OTLP/HTTP receiver, such as http://127.0.0.1:4318; it is ${JSON.stringify(text)}.`,
  );
}

/** Asked for from the start, so that a signal during a slow start is not lost. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
}
