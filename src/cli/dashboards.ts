import { BackendError } from '../store/backend-error.js';
import type { ExitCode } from './exit-code.js';

type Command = (argv: readonly string[]) => Promise<ExitCode>;

/** By whom it is for; what follows is read by each itself. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  datadog: async () => (await import('./dashboards-datadog.js')).datadogCommand,
  grafana: async () => (await import('./dashboards-grafana.js')).grafanaCommand,
};

/** `telltale dashboards grafana ...`: prints a dashboard for what a team has. */
export async function dashboardsCommand([name, ...rest]: readonly string[]): Promise<ExitCode> {
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const known = Object.keys(COMMANDS).join(' or ');
    const came = name === undefined ? 'nothing' : JSON.stringify(name);
    throw new BackendError(
      'usage',
      `dashboards takes ${known} first; ${came} came.\nRun \`telltale dashboards --help\` for what it takes.`,
    );
  }
  const command = await load();
  return command(rest);
}
