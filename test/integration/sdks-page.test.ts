import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
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

it('every entry point for a flag SDK has a subject, and every subject a conformance test', async () => {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, { default?: string }>;
  };
  const entries = Object.keys(exports).filter((name) => exports[name]?.default?.startsWith('./dist/hooks/'));
  const page = await readFile(join(ROOT, 'docs/sdks.md'), 'utf8');
  expect(page).not.toContain('undefined');
  for (const entry of entries) expect(page).toContain(`\`${entry.replace('./', 'telltale/')}\``);
  const subjects = (await readdir(join(ROOT, 'test/sdks'))).filter((file) => file !== 'subject.ts');
  const suites = await readdir(join(ROOT, 'test/conformance'));
  const tests = await Promise.all(
    suites.map((file) => readFile(join(ROOT, 'test/conformance', file), 'utf8')),
  );
  for (const file of subjects) {
    const path = `../sdks/${file.replace(/\.ts$/, '.js')}`;
    expect(
      tests.some((text) => text.includes(path)),
      `a conformance test for ${file}`,
    ).toBe(true);
  }
});

it('the versions that adapters warn outside of are those of the optional peers', async () => {
  const { peerDependencies, peerDependenciesMeta } = JSON.parse(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  ) as {
    peerDependencies: Record<string, string>;
    peerDependenciesMeta: Record<string, { optional: boolean }>;
  };
  const files = await readdir(join(ROOT, 'src/hooks'));
  const sources = await Promise.all(files.map((file) => readFile(join(ROOT, 'src/hooks', file), 'utf8')));
  const ranges = sources.flatMap((text) => [
    ...text.matchAll(/name: '(?<name>[^']+)', from: '(?<from>[\d.]+)', below: (?<below>\d+)/g),
  ]);
  expect(ranges.length).toBeGreaterThan(10);
  for (const { groups: { name = '', from = '', below = '' } = {} } of ranges) {
    const isCaret = Number(below) === Number.parseInt(from, 10) + 1 && Number(below) > 1;
    expect(peerDependencies[name], name).toBe(isCaret ? `^${from}` : `>=${from} <${below}`);
    expect(peerDependenciesMeta[name]?.optional, name).toBe(true);
  }
});
