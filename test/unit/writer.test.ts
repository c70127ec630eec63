import { describe, expect, test } from 'vitest';
import { isBackendError } from '../../src/store/backend-error.js';
import type { RowText } from '../../src/store/row-text.js';
import { createBatchWriter } from '../../src/store/writer.js';

const MIB = 2 ** 20;

/** A piece of rows, known by their names, that takes so many bytes. */
function rows(bytes: number, ...names: string[]): RowText[] {
  const piece = { rows: names.length, text: Buffer.allocUnsafeSlow(bytes) };
  named.set(piece, names);
  return [piece];
}
const named = new WeakMap<RowText, string[]>();
const namesOf = (batch: readonly RowText[]): string[] => batch.flatMap((piece) => named.get(piece) ?? []);

/** An insert that waits until it is let go, so that a test decides what comes together. */
function heldInsert() {
  const calls: string[][] = [];
  let letGo: (() => void)[] = [];
  return {
    calls,
    insert: (_table: string, batch: readonly RowText[]) => {
      calls.push(namesOf(batch));
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
    const writer = createBatchWriter(held.insert, async () => {});
    const first = writer.write('t', rows(10, 'a'));
    const second = writer.write('t', rows(10, 'b', 'c'));
    const third = writer.write('t', rows(10, 'd'));
    expect(held.calls).toEqual([['a']]);
    held.release();
    expect(await first).toBeUndefined();
    await new Promise(setImmediate);
    expect(held.calls).toEqual([['a'], ['b', 'c', 'd']]);
    held.release();
    expect(await Promise.all([second, third])).toEqual([undefined, undefined]);
    await writer.idle();
  });

  test('after an insert, rows that wait are joined for a moment by others, unless they are many', async () => {
    const held = heldInsert();
    const moments: (() => void)[] = [];
    const writer = createBatchWriter(
      held.insert,
      () => new Promise<void>((resolve) => moments.push(resolve)),
    );
    const writes = [writer.write('t', rows(10, 'a')), writer.write('t', rows(10, 'b'))];
    held.release();
    await new Promise(setImmediate);
    writes.push(writer.write('t', rows(10, 'c')));
    await new Promise(setImmediate);
    expect(held.calls).toEqual([['a']]);
    moments.shift()?.();
    await new Promise(setImmediate);
    expect(held.calls).toEqual([['a'], ['b', 'c']]);
    writes.push(writer.write('t', rows(4 * MIB, 'd')));
    held.release();
    await new Promise(setImmediate);
    expect(held.calls).toEqual([['a'], ['b', 'c'], ['d']]);
    held.release();
    await Promise.all(writes);
    await writer.idle();
    // Nothing waited after the last: a lone write that comes next starts at once.
    const alone = writer.write('t', rows(10, 'e'));
    expect(held.calls.at(-1)).toEqual(['e']);
    held.release();
    await alone;
    expect(moments).toEqual([]);
  });

  test('nothing is acknowledged before its insert has ended', async () => {
    const held = heldInsert();
    const writer = createBatchWriter(held.insert, async () => {});
    let acknowledged = false;
    const write = writer.write('t', rows(10, 'a')).then(() => {
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
      const names = namesOf(batch);
      if (names.includes('bad'))
        throw Object.assign(new Error('cannot read it\nColumn 0: secret'), { type: 'CANNOT_PARSE_TEXT' });
      stored.push(...names);
    });
    const answers = await Promise.all([
      writer.write('t', rows(10, 'a')),
      writer.write('t', rows(10, 'b')),
      writer.write('t', rows(10, 'bad', 'c')),
      writer.write('t', rows(10, 'd')),
    ]);
    expect(stored.sort()).toEqual(['a', 'b', 'd']);
    expect(answers).toEqual([
      undefined,
      undefined,
      { count: 2, message: 'The store could not read these rows, and never will: cannot read it' },
      undefined,
    ]);
  });

  test.each([
    ['CANNOT_PARSE_TEXT', true],
    ['CANNOT_READ_ARRAY_FROM_TEXT', true],
    ['CANNOT_READ_MAP_FROM_TEXT', true],
    ['INCORRECT_DATA', true],
    ['NETWORK_ERROR', false],
    ['CANNOT_READ_FROM_SOCKET', false],
    ['CANNOT_READ_FROM_FILE_DESCRIPTOR', false],
    ['CANNOT_READ_ALL_DATA', false],
  ])(
    '%s is of the rows: %s; a fault of the store is thrown, so that the sender tries again',
    async (type, ofRows) => {
      const writer = createBatchWriter(async () => {
        throw Object.assign(new Error('gone'), { type });
      });
      const write = writer.write('t', rows(10, 'a'));
      if (ofRows) expect(await write).toMatchObject({ count: 1 });
      else await expect(write).rejects.toThrow('gone');
    },
  );

  test('a group that a fault of the store met is not sent again: its rows may be stored', async () => {
    const stored: string[] = [];
    const writer = createBatchWriter(async (_table, batch) => {
      await new Promise(setImmediate);
      stored.push(...namesOf(batch));
      throw new Error('Timeout error.');
    });
    const names = Array.from({ length: 20 }, (_, i) => `sender ${i}`);
    const answers = await Promise.allSettled(names.map((name) => writer.write('t', rows(10, name))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(stored).toEqual(names);
  });

  test('what may wait is bounded: the last that fits waits, the next is refused', async () => {
    const held = heldInsert();
    const writer = createBatchWriter(held.insert, async () => {});
    const running = writer.write('t', rows(10, 'a'));
    const waiting = [writer.write('t', rows(128 * MIB, 'b')), writer.write('t', rows(128 * MIB, 'c'))];
    const refused = await writer.write('t', rows(1, 'd')).catch((error: unknown) => error);
    expect(isBackendError(refused) && refused.code).toBe('queue-full');
    const elsewhere = writer.write('u', rows(1, 'e'));
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
      calls.push(namesOf(batch).length);
    });
    const many = Array.from({ length: 10 }, (_, i) => rows(8 * MIB, String(i))).flat();
    await Promise.all([
      writer.write('t', rows(10, 'first')),
      writer.write('t', rows(20 * MIB, 'x', 'y')),
      writer.write('t', rows(12 * MIB, 'z')),
      writer.write('t', many),
    ]);
    expect(calls).toEqual([1, 3, 4, 4, 2]);
  });
});
