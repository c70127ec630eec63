import { describe, expect, test } from 'vitest';
import { isBackendError } from '../../src/store/backend-error.js';
import type { Row } from '../../src/store/rows.js';
import { createBatchWriter } from '../../src/store/writer.js';

const MIB = 2 ** 20;

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
    const first = writer.write('t', rows('a'), 10);
    const second = writer.write('t', rows('b', 'c'), 10);
    const third = writer.write('t', rows('d'), 10);
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
    const write = writer.write('t', rows('a'), 10).then(() => {
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
      writer.write('t', rows('a'), 10),
      writer.write('t', rows('b'), 10),
      writer.write('t', rows('bad', 'c'), 10),
      writer.write('t', rows('d'), 10),
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
    await expect(writer.write('t', rows('a'), 10)).rejects.toThrow('gone');
  });

  test('what may wait is bounded: the last that fits waits, the next is refused', async () => {
    const held = heldInsert();
    const writer = createBatchWriter(held.insert);
    const running = writer.write('t', rows('a'), 10);
    const waiting = [writer.write('t', rows('b'), 128 * MIB), writer.write('t', rows('c'), 128 * MIB)];
    const refused = await writer.write('t', rows('d'), 1).catch((error: unknown) => error);
    expect(isBackendError(refused) && refused.code).toBe('queue-full');
    const elsewhere = writer.write('u', rows('e'), 1);
    for (let i = 0; i < 4; i += 1) {
      held.release();
      await new Promise(setImmediate);
    }
    await Promise.all([running, ...waiting, elsewhere]);
    expect(held.calls).toEqual([['a'], ['e'], ['b'], ['c']]);
  });

  test('an insert holds about 32 MiB: what waits goes in several, and so does one large request', async () => {
    const calls: number[] = [];
    const writer = createBatchWriter(async (_table, batch) => {
      await new Promise(setImmediate);
      calls.push(batch.length);
    });
    const many = Array.from({ length: 10 }, (_, i) => ({ name: String(i) }));
    await Promise.all([
      writer.write('t', rows('first'), 10),
      writer.write('t', rows('x', 'y'), 20 * MIB),
      writer.write('t', rows('z'), 12 * MIB),
      writer.write('t', many, 80 * MIB),
    ]);
    expect(calls).toEqual([1, 3, 4, 4, 2]);
  });
});
