import { existsSync } from 'node:fs';
import { TOOLCHAINS, toolchain, toolPath } from './tool-paths.js';

/** Why a test was left out, and how to have it. */
export interface LeftOut {
  readonly because: string;
  readonly remedy: string;
}

declare module 'vitest' {
  interface TaskMeta {
    leftOut?: LeftOut;
  }
}

interface Needs {
  readonly skip: boolean;
  readonly meta: { leftOut?: LeftOut };
}

const HERE: Needs = { skip: false, meta: {} };

/**
 * Options of a test or a suite that runs a program of `test/tools`: left out where it is not there, and then named
 * by the last lines of the run. With `TELLTALE_TEST_TOOLS=required`, as in CI, nothing is left out.
 */
export function needsTool(name: string): Needs {
  if (existsSync(toolPath(name))) return HERE;
  if (process.env['TELLTALE_TEST_TOOLS'] === 'required') {
    throw new Error(`TELLTALE_TEST_TOOLS=required, and ${name} is not there: run \`npm run tools ${name}\`.`);
  }
  const remedy = `install ${TOOLCHAINS[toolchain(name)]}, run \`npm run tools ${name}\` (minutes, once)`;
  return { skip: true, meta: { leftOut: { because: `${name} is not here`, remedy } } };
}

/** The same for a test that mounts a small disk, which only root may, and on Linux. */
export function needsSmallDisk(): Needs {
  if (process.platform === 'linux' && process.getuid?.() === 0) return HERE;
  const leftOut = { because: 'only root may mount a small disk', remedy: 'run the tests as root on Linux' };
  return { skip: true, meta: { leftOut } };
}
