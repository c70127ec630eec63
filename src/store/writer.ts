import { setTimeout } from 'node:timers/promises';
import type { Rejection } from '../otlp/model.js';
import { BackendError } from './backend-error.js';
import { type RowText, rowCount } from './row-text.js';

/** Puts rows into one table; resolves when they are stored, throws where they are not. */
export type Insert = (table: string, rows: readonly RowText[]) => Promise<void>;

/** Text of rows that may wait for one table while an insert runs; more is refused, and the sender tries again. */
const MAX_WAITING_TEXT = 256 * 2 ** 20;

/** Text of one insert. The engine's memory grows with it, its speed hardly beyond this. */
const MAX_INSERT_TEXT = 32 * 2 ** 20;

/**
 * While senders overlap, an insert waits this long for more rows unless `ENOUGH_TEXT` is there: each insert makes a part
 * of its own, and small parts are merged again and again.
 */
const GATHER_MS = 20;
const ENOUGH_TEXT = 4 * 2 ** 20;

interface Waiting {
  readonly rows: readonly RowText[];
  /** Bytes. */
  readonly text: number;
  readonly resolve: (rejection: Rejection | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface TableQueue {
  waiting: Waiting[];
  waitingText: number;
  draining: boolean;
}

/**
 * Group commit: while one insert of a table runs, the rows that arrive for it wait, are joined for a moment by more, and
 * go in together. ClickHouse wants few large inserts, and a lone small one still starts at once. A promise resolves only after
 * the insert that holds its rows.
 */
export interface BatchWriter {
  write(table: string, rows: readonly RowText[]): Promise<Rejection | undefined>;
  /** What waits for an insert, over all tables. */
  waiting(): Waited;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

/** Requests that wait for an insert, and how many bytes of CSV their rows are. */
export interface Waited {
  readonly requests: number;
  readonly text: number;
}

/** @param gather resolves when rows have waited long enough for others */
export function createBatchWriter(
  insert: Insert,
  gather: () => Promise<unknown> = () => setTimeout(GATHER_MS),
): BatchWriter {
  const queues = new Map<string, TableQueue>();
  const drains = new Set<Promise<void>>();

  function queueOf(table: string): TableQueue {
    let queue = queues.get(table);
    if (queue === undefined) {
      queue = { waiting: [], waitingText: 0, draining: false };
      queues.set(table, queue);
    }
    return queue;
  }

  return {
    write(table, rows) {
      const text = bytes(rows);
      const queue = queueOf(table);
      if (queue.waitingText + text > MAX_WAITING_TEXT && queue.waitingText > 0) {
        const waiting = Math.round(queue.waitingText / 2 ** 20);
        return Promise.reject(
          new BackendError(
            'queue-full',
            `${waiting} MiB already wait for ${table}; send these rows again later.`,
          ),
        );
      }
      return new Promise((resolve, reject) => {
        queue.waiting.push({ rows, text, resolve, reject });
        queue.waitingText += text;
        if (queue.draining) return;
        queue.draining = true;
        const running = drain(table, queue, insert, gather).finally(() => drains.delete(running));
        drains.add(running);
      });
    },
    waiting() {
      const all = [...queues.values()];
      return {
        requests: all.reduce((sum, { waiting }) => sum + waiting.length, 0),
        text: all.reduce((sum, { waitingText }) => sum + waitingText, 0),
      };
    },
    async idle() {
      while (drains.size > 0) await Promise.all(drains);
    },
  };
}

async function drain(
  table: string,
  queue: TableQueue,
  insert: Insert,
  gather: () => Promise<unknown>,
): Promise<void> {
  while (queue.waiting.length > 0) {
    await commit(table, takeGroup(queue), insert);
    if (queue.waiting.length > 0 && queue.waitingText < ENOUGH_TEXT) await gather();
  }
  queue.draining = false;
}

/** Settles each entry of the group. */
async function commit(table: string, group: readonly Waiting[], insert: Insert): Promise<void> {
  try {
    for (const slice of slices(group)) await insert(table, slice);
    for (const entry of group) entry.resolve(undefined);
  } catch (error) {
    // The rows may be stored, as after a timeout: sent again one by one, they would be there once more.
    if (!isUnreadable(error)) for (const entry of group) entry.reject(error);
    else if (group.length === 1) for (const entry of group) entry.resolve(unreadable(entry.rows, error));
    // One sender's unreadable row must not cost the others theirs.
    else for (const entry of group) await commit(table, [entry], insert);
  }
}

/** The oldest that wait, up to the text of one insert, but at least one. */
function takeGroup(queue: TableQueue): Waiting[] {
  let text = 0;
  let end = 0;
  for (const entry of queue.waiting) {
    if (end > 0 && text + entry.text > MAX_INSERT_TEXT) break;
    text += entry.text;
    end += 1;
  }
  queue.waitingText -= text;
  return queue.waiting.splice(0, end);
}

/** The rows of a group in inserts of at most about `MAX_INSERT_TEXT`: only a single large entry makes several. */
function slices(group: readonly Waiting[]): RowText[][] {
  const inserts: RowText[][] = [[]];
  let text = 0;
  for (const piece of group.flatMap((entry) => entry.rows)) {
    if (text > 0 && text + piece.text.length > MAX_INSERT_TEXT) {
      inserts.push([]);
      text = 0;
    }
    inserts.at(-1)?.push(piece);
    text += piece.text.length;
  }
  return inserts;
}

function bytes(rows: readonly RowText[]): number {
  return rows.reduce((sum, piece) => sum + piece.text.length, 0);
}

function unreadable(rows: readonly RowText[], error: Error): Rejection {
  // ClickHouse goes on with the row itself, line by line.
  const [reason] = error.message.split('\n', 1);
  return { count: rowCount(rows), message: `The store could not read these rows, and never will: ${reason}` };
}

/**
 * ClickHouse's errors about the rows themselves (their `type`); sending such rows again cannot help. Of `CANNOT_READ_`
 * others are of sockets and files.
 */
const UNREADABLE =
  /^(CANNOT_PARSE_|CANNOT_CONVERT_TYPE|CANNOT_READ_(ARRAY|MAP)_FROM_TEXT|INCORRECT_DATA|TYPE_MISMATCH|ILLEGAL_COLUMN)/;

function isUnreadable(error: unknown): error is Error {
  return error instanceof Error && 'type' in error && UNREADABLE.test(String(error.type));
}
