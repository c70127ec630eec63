import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.js';
import { COMPARISON_PARAMETERS } from '../../src/server/parameters.js';
import { checkLine, shellWord } from '../../src/ui/views/flag/check-line.js';

const ORIGIN = 'http://127.0.0.1:4300';

/** The words that a shell makes of a line. */
function wordsOf(line: string): string[] {
  const printed = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], {
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  return printed.toString().split('\0').slice(0, -1);
}

const HOSTILE = [
  'plain-key.v2',
  '',
  'it\'s $HOME `id` "x" \\ !',
  '; touch /tmp/owned #',
  '-rf',
  '--json',
  '<img src=x onerror=alert(1)>',
  'abc\u202edef\u2066',
  "line\nend\t\u0000'\\".replace('\u0000', '\u0001'),
  '\u0007007',
  'Ünïcødé 😀',
  'x'.repeat(200),
];

test.each(HOSTILE)('a shell reads %j back as it is', (text) => {
  expect(wordsOf(shellWord(text))).toEqual([text]);
});

test.each(HOSTILE)('nothing that is not seen stands in the line for %j', (text) => {
  expect(checkLine(ORIGIN, text, { control: text })).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
});

test.each(HOSTILE.filter((text) => text !== ''))('the command understands the line for %j', (flag) => {
  const [telltale, command, ...argv] = wordsOf(checkLine(ORIGIN, flag, { control: flag, since: '1h' }));
  expect([telltale, command]).toEqual(['telltale', 'check']);
  const options = ['url', ...Object.keys(COMPARISON_PARAMETERS)];
  const read = readArguments('check', argv, { options, switches: ['json'], positionals: ['FLAG'] });
  expect(read.positionals).toEqual([flag]);
  expect(read.values).toEqual({ url: ORIGIN, control: flag, since: '1h' });
});

test('what a gate refuses is left out', () => {
  expect(checkLine(ORIGIN, 'new-checkout', { route: '/a', until: '1h', alpha: '0.01' })).toBe(
    `telltale check --url=${ORIGIN} --alpha=0.01 new-checkout`,
  );
});
