// Builds the Go programs that tests run beside ours, each from its module under test/tools, and prints their paths:
// `npm run tools` all of them, `npm run tools prometheus` one. What is built already stays as it is.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUILD_FLAGS, CACHE, MODULES, toolPath } from '../test/support/tool-paths.ts';

const TOOLS = readdirSync(MODULES).sort();

function buildTool(name) {
  if (!TOOLS.includes(name)) {
    throw new Error(`There is no module for ${name} under test/tools; there are: ${TOOLS.join(', ')}.`);
  }
  const path = toolPath(name);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(join(CACHE, `${name}-new-`));
  try {
    build(name, fresh);
    moveTo(dirname(path), fresh);
    return path;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The program is what the module names as its `tool`. */
function build(name, folder) {
  const args = ['build', ...BUILD_FLAGS, '-o', `${folder}/`, 'tool'];
  const { error, status } = spawnSync('go', args, { cwd: join(MODULES, name), stdio: 'inherit' });
  if (error)
    throw new Error(`${name} is built with Go (https://go.dev/dl), which does not start: ${error.message}.`);
  if (status !== 0)
    throw new Error(`go ${args.join(' ')} in test/tools/${name} ended with ${status}; it says why.`);
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
