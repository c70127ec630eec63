import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
  'hooks/openfeature',
  'http/express',
  'instrument/views',
  'node/exporters',
  'node/start',
  'stats/index',
];

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
    for (const name of SOURCES) {
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
