import { isBackendError } from '../store/backend-error.js';
import { checkCommand, compareCommand } from './compare.js';
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.js';
import { flagsCommand } from './flags.js';
import { HELP } from './help.js';
import { upCommand } from './up.js';

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<ExitCode>>> = {
  up: upCommand,
  flags: flagsCommand,
  compare: compareCommand,
  check: checkCommand,
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
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
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
