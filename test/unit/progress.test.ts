import { expect, test } from 'vitest';
import { createProgress, type Terminal } from '../../src/cli/progress.js';

function terminal(more: Partial<Terminal>): Terminal & { readonly written: string[] } {
  const written: string[] = [];
  return { isTTY: true, columns: 80, ...more, written, write: (text) => written.push(text) };
}

test('a bar with the time left, drawn at most ten times a second, and taken away', () => {
  const screen = terminal({});
  let now = 1000;
  const progress = createProgress(screen, () => now);
  progress.show(0);
  now += 99;
  progress.show(0.1);
  now += 2901;
  progress.show(0.25);
  progress.end();
  expect(screen.written).toEqual([
    `\r\x1b[K[${'.'.repeat(30)}] 0 %`,
    `\r\x1b[K[${'#'.repeat(8)}${'.'.repeat(22)}] 25 %, 9 s left`,
    '\r\x1b[K',
  ]);
});

test('never wider than the terminal, whose next line it could not take away', () => {
  const screen = terminal({ columns: 20 });
  createProgress(screen, () => 0).show(0.5);
  expect(screen.written).toEqual([`\r\x1b[K[${'#'.repeat(15)}...`]);
  const unknown = terminal({ columns: 0 });
  createProgress(unknown, () => 0).show(0.5);
  expect(unknown.written[0]).toContain('] 50 %');
});

test('nothing where there is no terminal', () => {
  const screen = terminal({ isTTY: false });
  const progress = createProgress(screen);
  progress.show(0.5);
  progress.end();
  expect(screen.written).toEqual([]);
});
