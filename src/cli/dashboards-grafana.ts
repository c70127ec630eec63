import { GRAFANA_SOURCES, type GrafanaSource, grafanaDashboard } from '../dashboards/grafana.js';
import { BackendError } from '../store/backend-error.js';
import { readArguments } from './arguments.js';
import { EXIT, type ExitCode } from './exit-code.js';

export async function grafanaCommand(argv: readonly string[]): Promise<ExitCode> {
  const { values } = readArguments('dashboards', argv, {
    options: ['flag', 'source'],
    switches: [],
    positionals: [],
  });
  const { flag, source } = values;
  // An empty one is a variable that a pipeline did not set.
  if (flag === '') throw new BackendError('usage', '--flag is empty; give a value, or leave it out.');
  const dashboard = grafanaDashboard(readSource(source), flag);
  console.log(JSON.stringify(dashboard, null, 2));
  return EXIT.ok;
}

function readSource(text: string | undefined): GrafanaSource {
  const source = GRAFANA_SOURCES.find((name) => name === (text ?? 'prometheus'));
  if (source !== undefined) return source;
  throw new BackendError(
    'usage',
    `--source must be one of ${GRAFANA_SOURCES.join(', ')}; it is ${JSON.stringify(text)}.`,
  );
}
