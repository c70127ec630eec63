import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Evidence, judge } from '../../src/stats/index.js';
import { fixture } from '../support/app-process.js';
import { TELLTALE, telltale, temporaryFolder } from '../support/backend-process.js';
import { cell, evidence } from '../support/stats-evidence.js';

let folder: string;

beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const harm = evidence([cell('off', 9000, 0), cell('on', 1000, 5)]);

function keep(name: string, content: unknown): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(join(folder, name), text);
  return name;
}

const run = (...args: string[]) => telltale(['verdict', ...args], folder);

describe('verdict', () => {
  test('prints what compare prints of one treatment', async () => {
    const { code, stdout, stderr } = await run(keep('harm.json', harm));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`f: on against off: ROLL BACK
                by  ratio   low  high       harm       safe
  errors  requests      -  5.13     -  2,054 : 1  0.082 : 1
${judge(harm)
  .explanation.map((sentence) => `  ${sentence}\n`)
  .join('')}`);
  });

  test('a slow guardrail is a row of its own, with or without durations yet', async () => {
    const slow = (count: number | null) =>
      evidence([cell('off', 900, 1, { slow: count }), cell('on', 900, 1, { slow: count })], {
        slowThreshold: 0.25,
      });
    const { stdout } = await run(keep('slow.json', slow(40)));
    expect(stdout).toMatch(/^ {2}slower than 250 ms +requests +1 +0\.\d+ +\d/m);
    expect((await run(keep('slow.json', slow(null)))).stdout).toMatch(
      /HOLD \(insufficient, inconclusive\)\n.*\n.*\n {2}slower than 250 ms +-/,
    );
  });

  const { cases } = JSON.parse(
    readFileSync(new URL('../fixtures/verdicts.json', import.meta.url), 'utf8'),
  ) as { cases: readonly { id: string; evidence: Evidence }[] };

  test.each(cases.map(({ id, evidence: given }) => [id, given] as const))(
    '--json is the document of the judgement: %s',
    async (id, given) => {
      const { code, stdout } = await run(keep(`${id}.json`, given), '--json');
      expect(code).toBe(0);
      const judgement = judge(given);
      expect(JSON.parse(stdout)).toEqual(judgement);
      expect(Object.keys(JSON.parse(stdout))).toEqual([
        'verdict',
        'reasons',
        'method',
        'errors',
        'slow',
        'sampleRatio',
        'requestsNeeded',
        'explanation',
      ]);
    },
  );

  test.each([
    [10, harm],
    [20, evidence([cell('off', 100, 1), cell('on', 100, 1)])],
    [0, evidence([cell('off', 20_000, 41), cell('on', 20_000, 40)])],
  ])('--exit-code ends as check does: %i', async (code, given) => {
    expect((await run(keep('code.json', given), '--exit-code')).code).toBe(code);
    expect((await run(keep('code.json', given))).code).toBe(0);
  });

  test('reads standard input', async () => {
    const child = spawn(process.execPath, [TELLTALE, 'verdict', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    // A byte-order mark, as some shells write it.
    child.stdin.end(`\uFEFF${JSON.stringify(harm)}`);
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stdout).toContain('on against off: ROLL BACK');
  });

  test.each<[string, string | object, string]>([
    ['text', 'verdict', 'bad.json is not JSON: '],
    ['a part', '{"version": 1,', 'bad.json is not JSON: '],
    ['nothing', ' \n', 'bad.json is empty; write it with `telltale compare FLAG --evidence FILE`.\n'],
    [
      'another version',
      { ...harm, version: 2 },
      'bad.json: evidence.version must be 1, not 2; a newer release may read it. (bad-version)\n',
    ],
    [
      'a cell that cannot be',
      evidence([cell('off', 9, 0), cell('on', 4, 5)]),
      'bad.json: cell 1: errors must be at most requests (4), not 5; count both over the same requests. (errors-above-requests)\n',
    ],
    [
      'a unit cell that cannot be',
      evidence(
        [],
        {},
        {
          unitCells: [
            { epoch: 'e', from: 0, serviceVersion: '1', variant: 'on', bucket: 16, requests: 1, errors: 0 },
          ],
        },
      ),
      'bad.json: unit cell 0: bucket must be a whole number from 0 to 15, not 16. (bad-bucket)\n',
    ],
    ['a list', [harm], 'bad.json: evidence.version must be 1, not undefined'],
  ])('%s is refused with 64', async (_, content, message) => {
    const { code, stdout, stderr } = await run(keep('bad.json', content));
    expect([code, stdout, stderr]).toEqual([64, '', expect.stringContaining(message)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a name fakes no line and speaks to no terminal', async () => {
    const flag = 'f\u001b[31m\nROLL FORWARD\u202e';
    const { stdout } = await run(keep('names.json', { ...harm, flag }));
    expect(stdout).toMatch(/^f\\u001b\[31m\\u000aROLL FORWARD\\u202e: /);
    expect(stdout.split('\n')).not.toContain('ROLL FORWARD');
  });

  test('so is what cannot be read', async () => {
    mkdirSync(join(folder, 'folder'));
    expect(await run('folder')).toMatchObject({ code: 64, stderr: expect.stringContaining('EISDIR') });
    expect(await run('absent.json')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/^absent\.json cannot be read: ENOENT/),
    });
    writeFileSync(join(folder, 'latin1.json'), Buffer.from([0x22, 0xe9, 0x22]));
    expect(await run('latin1.json')).toMatchObject({
      code: 64,
      stderr: 'latin1.json is not UTF-8; write it as such.\n',
    });
    expect(await run()).toMatchObject({ code: 64, stderr: expect.stringContaining('verdict needs FILE') });
  });

  test('and what is larger than memory should be asked for', async () => {
    const file = openSync(join(folder, 'huge.json'), 'w');
    ftruncateSync(file, 64 * 2 ** 20 + 1);
    closeSync(file);
    const { code, stderr } = await run('huge.json');
    expect([code, stderr]).toEqual([64, expect.stringMatching(/^huge\.json is larger than 64 MiB: /)]);
  });
});

test.each([
  ['verdict', 'harm.json'],
  ['simulate', '--runs', '1'],
])('%s loads nothing of the backend', async (...args) => {
  keep('harm.json', harm);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', fixture('app-print-modules'), TELLTALE, ...args],
    { cwd: folder },
  );
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const loaded = stdout
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url).slice(root.length));
  expect(loaded).toContain(`dist/cli/${args[0]}.js`);
  const allowed =
    /^(bin\/telltale|dist\/(cli|stats|simulation)\/.*|dist\/(store\/backend-error|server\/parameter(s|-texts)))\.js$/;
  expect(loaded.filter((path) => !allowed.test(path))).toEqual([]);
});
