import type { AccessOptions } from '../server/access.js';
import { startSourceBackend } from '../server/source-backend.js';
import { openSource } from '../sources/location.js';
import { BackendError } from '../store/backend-error.js';
import { readPort } from './arguments.js';
import { configuredOptions } from './config-file.js';
import { createErrorLog } from './error-log.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { readTraceUrl } from './page-options.js';
import { STORE_OPTIONS } from './store-options.js';

const OF_NO_USE = [
  'otlp-port',
  'otlp-grpc-port',
  ...STORE_OPTIONS,
  'write-token-file',
  'self-telemetry',
  'cors-origin',
  'notify',
  'public-url',
];

/**
 * `telltale up --source`: only the API, on a store that somebody else fills.
 *
 * @param stop Resolves when it is to end.
 * @throws BackendError `usage`
 */
export async function serveSource(
  source: string,
  values: Readonly<Record<string, string | undefined>>,
  access: AccessOptions,
  stop: Promise<void>,
): Promise<ExitCode> {
  const refused = OF_NO_USE.find((name) => values[name] !== undefined);
  if (refused !== undefined) {
    throw new BackendError(
      'usage',
      `--${refused} is of no use with --source: nothing is received and nothing kept.`,
    );
  }
  const backend = await startSourceBackend({
    access,
    apiPort: readPort(values['port'], '--port', 4300),
    source: openSource(source, process.env),
    dashboards: [source === 'datadog' ? 'datadog' : 'prometheus'],
    parametersOf: configuredOptions,
    traceUrl: readTraceUrl(values['trace-url']),
    onError: createErrorLog(console.error),
  });
  console.log(`telltale is ready: API ${backend.apiUrl}, page ${backend.apiUrl}, from ${source}`);
  await stop;
  await backend.close();
  return EXIT.ok;
}
