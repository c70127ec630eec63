import { existsSync } from 'node:fs';
import { toolPath } from './tool-paths.js';

declare module 'vitest' {
  interface TaskMeta {
    /** The program that is not there, so that the test was left out. */
    missingTool?: string;
  }
}

/**
 * Options of a test or a suite that runs a program of `test/tools`: left out where it is not there, and then named
 * by the last lines of the run. With `TELLTALE_TEST_TOOLS=required`, as in CI, nothing is left out.
 */
export function needsTool(name: string): { skip: boolean; meta: { missingTool?: string } } {
  if (existsSync(toolPath(name))) return { skip: false, meta: {} };
  if (process.env['TELLTALE_TEST_TOOLS'] === 'required') {
    throw new Error(`TELLTALE_TEST_TOOLS=required, and ${name} is not there: run \`npm run tools ${name}\`.`);
  }
  return { skip: true, meta: { missingTool: name } };
}
