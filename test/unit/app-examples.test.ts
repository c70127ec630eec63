import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OTHERS = [
  'hooks/record',
  'http/express',
  'instrument/views',
  'node/exporters',
  'node/start',
  'stats/index',
  'web/span-processor',
];

/** The entry points for flag SDKs, and what else users are shown. */
async function sources(): Promise<string[]> {
  const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, { default?: string }>;
  };
  const entries = Object.values(exports).flatMap(
    ({ default: path }) => /hooks\/[\w-]+/.exec(path ?? '') ?? [],
  );
  expect(entries.length).toBeGreaterThan(10);
  return [...entries, ...OTHERS];
}

function examplesOf(source: string): string[] {
  const blocks = [...source.matchAll(/^ \* ```ts\n([\s\S]*?)^ \* ```/gm)];
  return blocks.map((block) => (block[1] ?? '').replace(/^ \* ?/gm, ''));
}

it('every example of an entry point compiles against what is built', async () => {
  // Inside the package, so that it can name itself; the compiler reads the declarations in dist.
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'examples-'));
  try {
    const files: string[] = [];
    for (const name of await sources()) {
      const examples = examplesOf(await readFile(join(ROOT, 'src', `${name}.ts`), 'utf8'));
      expect(examples, name).not.toHaveLength(0);
      for (const [index, example] of examples.entries()) {
        const file = join(folder, `${name.replace('/', '-')}-${index}.mts`);
        await writeFile(file, example);
        files.push(file);
      }
    }
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
    const types = ['--types', 'node', '--ignoreConfig'];
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [compiler, ...flags, ...types, ...files];
    const compiled = promisify(execFile)(process.execPath, args, { cwd: ROOT });
    const { stdout } = await compiled.catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  } finally {
    await rm(folder, { recursive: true });
  }
});
