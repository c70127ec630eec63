// Makes the programs that tests run beside ours, each from its folder under test/tools, and prints their paths: Go
// programs are built, Python's packages are installed into a virtual environment, and OpenTelemetry's builder makes the
// collector from collector/builder.yaml. `npm run tools` makes all of them,
// `npm run tools prometheus` one; of those under bench/tools, each only by its name. What is there already stays as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  BUILD_FLAGS,
  CACHE,
  COLLECTOR,
  COLLECTOR_BUILDER,
  MODULES,
  moduleFolder,
  PEERS,
  TOOLCHAINS,
  toolchain,
  toolFolder,
  toolPath,
} from '../test/support/tool-paths.ts';

const TOOLS = [...readdirSync(MODULES), 'collector'].sort();

function buildTool(name) {
  const known = [...TOOLS, ...readdirSync(PEERS)];
  if (!known.includes(name)) {
    throw new Error(
      `There is nothing to make ${name} from under test/tools or bench/tools; there are: ${known.join(', ')}.`,
    );
  }
  const path = toolPath(name);
  if (existsSync(path)) return path;
  // Of an environment whose interpreter is gone, a broken link is left.
  rmSync(toolFolder(name), { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, `${name}-new-`));
  try {
    RECIPES[toolchain(name)](name, fresh);
    moveTo(toolFolder(name), fresh);
    return path;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

const RECIPES = {
  collector(name, folder) {
    run(name, 'go', ['run', COLLECTOR_BUILDER, '--config', join(COLLECTOR, 'builder.yaml')], folder);
  },
  /** The program is what the module names as its `tool`. */
  go(name, folder) {
    run(name, 'go', ['build', ...BUILD_FLAGS, '-o', `${folder}/`, 'tool']);
  },
  /** Wheels only: what is compiled here would need a compiler, and many minutes. */
  python(name, folder) {
    run(name, 'python3', ['-m', 'venv', folder]);
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '-r',
      'requirements.txt',
    ];
    run(name, join(folder, 'bin', 'python'), pip);
  },
};

function run(name, command, args, cwd = moduleFolder(name)) {
  const { error, status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  const needs = `${name} needs ${TOOLCHAINS[toolchain(name)]}`;
  if (error) throw new Error(`${needs}, which does not start: ${error.message}.`);
  if (status !== 0) {
    throw new Error(`${needs}: ${command} ${args.join(' ')} in ${cwd} ended with ${status}; it says why.`);
  }
}

/** Another build may have been faster; what it made is the same. */
function moveTo(folder, fresh) {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

try {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : TOOLS) console.log(buildTool(name));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
