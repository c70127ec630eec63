import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../support/backend-process.js';

const ROOT = join(import.meta.dirname, '../..');
const emptyCache = temporaryFolder();
afterAll(() => rmSync(emptyCache, { recursive: true, force: true }));

/** A run of the tests of the tools, on a machine that has none of them. */
function runWithoutTools(required: string): { status: number | null; output: string } {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--no-color', 'test/integration/tools.test.ts'],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: emptyCache, TELLTALE_TEST_TOOLS: required, NO_COLOR: '1' },
    },
  );
  return { status, output: `${stdout}\n${stderr}`.trim() };
}

it('a run that leaves tests out ends with what they lack and how to have it', () => {
  const { status, output } = runWithoutTools('');
  expect(status).toBe(0);
  expect(output.split('\n').slice(-3)).toEqual([
    'LEFT OUT: 1 test of test/integration/tools.test.ts, as prometheus is not here. ' +
      'To have it: install Go (https://go.dev/dl), run `npm run tools prometheus` (minutes, once).',
    'LEFT OUT: 1 test of test/integration/tools.test.ts, as telemetrygen is not here. ' +
      'To have it: install Go (https://go.dev/dl), run `npm run tools telemetrygen` (minutes, once).',
    'LEFT OUT: 1 test of test/integration/tools.test.ts, as python is not here. ' +
      'To have it: install Python 3.10 or newer with its venv (https://www.python.org), run `npm run tools python` (minutes, once).',
  ]);
});

it('where the tools are required, as in CI, a run without them fails', () => {
  const { status, output } = runWithoutTools('required');
  expect(status).toBe(1);
  expect(output).toContain('prometheus is not there: run `npm run tools prometheus`');
});
