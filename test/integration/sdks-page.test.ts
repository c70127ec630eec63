import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

it('docs/sdks.md is what the subjects of the conformance suite say', async () => {
  const module = JSON.stringify(join(ROOT, 'build/sdks-page.js'));
  // In a process of its own, on Node: some SDKs keep one open.
  const code = `import { sdksPage } from ${module}; process.stdout.write(await sdksPage(), () => process.exit());`;
  const args = ['--input-type=module', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  expect(await readFile(join(ROOT, 'docs/sdks.md'), 'utf8'), 'run `npm run docs`').toBe(stdout);
});
