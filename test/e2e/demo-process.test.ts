import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const demo = fileURLToPath(new URL('../../examples/shop/demo.js', import.meta.url));
let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

function run(...args: string[]) {
  const started = spawn(process.execPath, [demo, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  child = started;
  const exited = once(started, 'exit').then(([code]) => code as number | null);
  let stderr = '';
  let tell = () => {};
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    tell();
  });
  const said = async (what: RegExp) => {
    for (;;) {
      const match = what.exec(stderr);
      if (match) return match;
      await new Promise<void>((resolve) => {
        tell = resolve;
      });
    }
  };
  return { started, exited, said, stderr: () => stderr };
}

test.each([
  ['an unknown option', ['--often'], '--often'],
  ['an option without its value', ['--json'], '--json'],
  ['a stray word', ['please'], 'please'],
])('%s ends with 64 and the usage', async (_, args, named) => {
  const { exited, stderr } = run(...args);
  expect(await exited).toBe(64);
  expect(stderr()).toContain(named);
  expect(stderr()).toContain('usage: npm run demo');
});

test('ended in the middle, it closes the backend and the shop', { timeout: 120_000 }, async () => {
  const { started, exited, said } = run('--once');
  const [, api, shop] = await said(/backend is at (\S+), the shop at (\S+)\./);
  const [, page] = await said(/Watch it in a browser: (\S+)/);
  const answers = [`${api}/api/v1/flags`, `${shop}/cart`, `${page}`];
  for (const url of answers) expect((await fetch(url)).status).toBe(200);

  started.kill('SIGTERM');
  expect(await exited).toBe(130);
  for (const url of answers) await expect(fetch(url)).rejects.toThrow('fetch failed');
});
