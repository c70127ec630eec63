import { describe, expect, test } from 'vitest';
import { isBackendError } from '../../src/store/backend-error.js';
import type { Row } from '../../src/store/rows.js';
import { createBatchWriter } from '../../src/store/writer.js';

const rows = (...names: string[]): Row[] => names.map((name) => ({ name }));

/** An insert that waits until it is let go, so that a test decides what comes together. */
function heldInsert() {
  const calls: string[][] = [];
  let letGo: (() => void)[] = [];
  return {
    calls,
    insert: (_table: string, batch: readonly Row[]) => {
      calls.push(batch.map((row) => String(row['name'])));
      return new Promise<void>((resolve) => letGo.push(resolve));
    },
    release() {
      const held = letGo;
      letGo = [];
      for (const resolve of held) resolve();
    },
  };
}

describe('batch writer', () => {
  test('a lone write starts at once; those that come during it go in together', async () => {
    const held = heldInsert();
    const writer = createBatchWriter(held.insert);
    const first = writer.write('t', rows('a'));
    const second = writer.write('t', rows('b', 'c'));
    const third = writer.write('t', rows('d'));
    expect(held.calls).toEqual([['a']]);
    held.release();
    expect(await first).toBeUndefined();
    await new Promise(setImmediate);
    expect(held.calls).toEqual([['a'], ['b', 'c', 'd']]);
    held.release();
    expect(await Promise.all([second, third])).toEqual([undefined, undefined]);
    await writer.idle();
  });

  test('nothing is acknowledged before its insert has ended', async () => {
    const held = heldInsert();
    const writer = createBatchWriter(held.insert);
    let acknowledged = false;
    const write = writer.write('t', rows('a')).then(() => {
      acknowledged = true;
    });
    await new Promise(setImmediate);
    expect(acknowledged).toBe(false);
    held.release();
    await write;
    expect(acknowledged).toBe(true);
  });

  test("one sender's unreadable row does not cost the others theirs", async () => {
    const stored: string[] = [];
    const writer = createBatchWriter(async (_table, batch) => {
      await new Promise(setImmediate);
      const names = batch.map((row) => String(row['name']));
      if (names.includes('bad'))
        throw Object.assign(new Error('cannot read it'), { type: 'CANNOT_PARSE_TEXT' });
      stored.push(...names);
    });
    const answers = await Promise.all([
      writer.write('t', rows('a')),
      writer.write('t', rows('b')),
      writer.write('t', rows('bad', 'c')),
      writer.write('t', rows('d')),
    ]);
    expect(stored.sort()).toEqual(['a', 'b', 'd']);
    expect(answers).toEqual([
      undefined,
      undefined,
      { count: 2, message: 'The store could not read these rows, and never will: cannot read it' },
      undefined,
    ]);
  });

  test('a fault of the store is thrown, so that the sender tries again', async () => {
    const writer = createBatchWriter(async () => {
      throw Object.assign(new Error('gone'), { type: 'NETWORK_ERROR' });
    });
    await expect(writer.write('t', rows('a'))).rejects.toThrow('gone');
  });

  test('the rows that may wait are bounded: the last that fits waits, the next is refused', async () => {
    const held = heldInsert();
    const writer = createBatchWriter(held.insert);
    const many = Array.from({ length: 100_000 }, () => ({ name: 'x' }));
    const running = writer.write('t', rows('a'));
    const waiting = [writer.write('t', many), writer.write('t', many)];
    const refused = await writer.write('t', rows('b')).catch((error: unknown) => error);
    expect(isBackendError(refused) && refused.code).toBe('queue-full');
    held.release();
    await running;
    await new Promise(setImmediate);
    held.release();
    await Promise.all(waiting);
    expect(held.calls.map((call) => call.length)).toEqual([1, 200_000]);
  });
});
