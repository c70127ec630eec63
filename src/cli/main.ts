import { isBackendError } from '../store/backend-error.js';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js';
import { HELP } from './help.js';

type Command = (argv: readonly string[]) => Promise<ExitCode>;

/** Each is loaded when it is run: a verdict on a file needs nothing of the backend. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./up.js')).upCommand,
  db: async () => (await import('./db.js')).dbCommand,
  flags: async () => (await import('./flags.js')).flagsCommand,
  compare: async () => (await import('./compare.js')).compareCommand,
  check: async () => (await import('./compare.js')).checkCommand,
  verdict: async () => (await import('./verdict.js')).verdictCommand,
  simulate: async () => (await import('./simulate.js')).simulateCommand,
  dashboards: async () => (await import('./dashboards.js')).dashboardsCommand,
};

/** Runs one command and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.on('uncaughtException', (error) => {
    console.error(error);
    process.exit(EXIT.internal);
  });
  // `telltale compare x | head` closes the pipe: not an error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await run(argv);
}

async function run([name, ...rest]: readonly string[]): Promise<ExitCode> {
  if (name === undefined) {
    console.error(HELP['']);
    return EXIT.usage;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(HELP['']);
    return EXIT.ok;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    console.error(
      `There is no command ${JSON.stringify(name)}. There are: ${Object.keys(COMMANDS).join(', ')}.`,
    );
    return EXIT.usage;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(HELP[name]);
    return EXIT.ok;
  }
  try {
    const command = await load();
    return await command(rest);
  } catch (error) {
    if (isBackendError(error)) {
      console.error(error.message);
      return exitCodeOf(error.code);
    }
    console.error(error);
    return EXIT.internal;
  }
}
