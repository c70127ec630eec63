import { afterEach, describe, expect, test, vi } from 'vitest';
import { inTurn } from '../../src/ui/api/turn.js';

const { signal } = new AbortController();

afterEach(() => void vi.unstubAllGlobals());

describe.each(['with locks', 'without'])('%s', (kind) => {
  const begin = () => {
    if (kind === 'without') vi.stubGlobal('navigator', {});
    expect(navigator.locks === undefined).toBe(kind === 'without');
  };

  test('one is asked after the other, also after one that failed', async () => {
    begin();
    const asked: string[] = [];
    const first = Promise.withResolvers<string>();
    const ask = (name: string, answer: Promise<string>) =>
      inTurn(() => {
        asked.push(name);
        return answer;
      }, signal);
    const failing = ask('first', first.promise);
    const second = ask('second', Promise.resolve('answer'));
    await vi.waitFor(() => expect(asked).toEqual(['first']));
    first.reject(new Error('gone'));
    await expect(failing).rejects.toThrow('gone');
    expect(await second).toBe('answer');
    expect(asked).toEqual(['first', 'second']);
  });

  test('who gave up in the meantime is not asked for', async () => {
    begin();
    const first = Promise.withResolvers<void>();
    const giving = new AbortController();
    const running = inTurn(() => first.promise, signal);
    const given = inTurn(() => Promise.reject(new Error('asked all the same')), giving.signal);
    giving.abort(new Error('given up'));
    first.resolve();
    await running;
    await expect(given).rejects.toThrow('given up');
  });
});
