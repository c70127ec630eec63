import { expect, test } from 'vitest';
import { createErrorLog } from '../../src/cli/error-log.js';

function log() {
  const lines: string[] = [];
  const clock = { ms: 0 };
  return {
    lines,
    clock,
    report: createErrorLog(
      (text) => lines.push(text),
      () => clock.ms,
    ),
  };
}

test('a fault is written with its stack once, then in a line a minute with how often it came', () => {
  const { lines, clock, report } = log();
  const full = (): Error => new Error('no space left');
  for (; clock.ms < 119_000; clock.ms += 1000) report(full());
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^Error: no space left\n {4}at /);
  expect(lines[1]).toBe('no space left (60 more since this was last said)');
});

test('another fault is written at once, and what is no Error as it is', () => {
  const { lines, report } = log();
  for (const error of [new Error('one'), new Error('two'), 'three', 'three', new Error('one')]) report(error);
  expect(lines.map((line) => line.split('\n')[0])).toEqual(['Error: one', 'Error: two', 'three']);
});

test('faults that are all different take no more memory for ever', () => {
  const { lines, report } = log();
  for (let i = 0; i < 250; i += 1) report(`fault ${i}`);
  expect(lines).toHaveLength(250);
  // Forgotten by now, so it is written again, as one that is remembered is not.
  report('fault 0');
  report('fault 249');
  expect(lines).toHaveLength(251);
});
