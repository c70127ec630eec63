import type { Rejection } from '../otlp/model.js';
import { BackendError } from './backend-error.js';
import type { Row } from './rows.js';

/** Puts rows into one table; resolves when they are stored, throws where they are not. */
export type Insert = (table: string, rows: readonly Row[]) => Promise<void>;

/** Rows that may wait for one table while an insert runs; more are refused, and the sender tries again. */
const MAX_WAITING_ROWS = 200_000;

interface Waiting {
  readonly rows: readonly Row[];
  readonly resolve: (rejection: Rejection | undefined) => void;
  readonly reject: (error: unknown) => void;
}

interface TableQueue {
  waiting: Waiting[];
  waitingRows: number;
  draining: boolean;
}

/**
 * Group commit: while one insert of a table runs, the rows that arrive for it wait and then go in together.
 * ClickHouse wants few large inserts, and a lone small one still starts at once. A promise resolves only after
 * the insert that holds its rows.
 */
export interface BatchWriter {
  write(table: string, rows: readonly Row[]): Promise<Rejection | undefined>;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

export function createBatchWriter(insert: Insert): BatchWriter {
  const queues = new Map<string, TableQueue>();
  const drains = new Set<Promise<void>>();

  function queueOf(table: string): TableQueue {
    let queue = queues.get(table);
    if (queue === undefined) {
      queue = { waiting: [], waitingRows: 0, draining: false };
      queues.set(table, queue);
    }
    return queue;
  }

  async function drain(table: string, queue: TableQueue): Promise<void> {
    while (queue.waiting.length > 0) {
      const group = queue.waiting;
      queue.waiting = [];
      queue.waitingRows = 0;
      await commit(table, group);
    }
    queue.draining = false;
  }

  async function commit(table: string, group: readonly Waiting[]): Promise<void> {
    try {
      await insert(table, group.length === 1 ? (group[0]?.rows ?? []) : group.flatMap((entry) => entry.rows));
    } catch (error) {
      if (group.length > 1) {
        // One sender's unreadable row must not cost the others theirs.
        for (const entry of group) await commit(table, [entry]);
        return;
      }
      settleFailure(group, error);
      return;
    }
    for (const entry of group) entry.resolve(undefined);
  }

  return {
    write(table, rows) {
      const queue = queueOf(table);
      if (queue.waitingRows + rows.length > MAX_WAITING_ROWS && queue.waitingRows > 0) {
        return Promise.reject(
          new BackendError(
            'queue-full',
            `${queue.waitingRows} rows already wait for ${table}, the most that may; send these again later.`,
          ),
        );
      }
      return new Promise((resolve, reject) => {
        queue.waiting.push({ rows, resolve, reject });
        queue.waitingRows += rows.length;
        if (queue.draining) return;
        queue.draining = true;
        const running = drain(table, queue).finally(() => drains.delete(running));
        drains.add(running);
      });
    },
    async idle() {
      while (drains.size > 0) await Promise.all(drains);
    },
  };
}

function settleFailure(group: readonly Waiting[], error: unknown): void {
  for (const entry of group) {
    if (isUnreadable(error)) {
      entry.resolve({
        count: entry.rows.length,
        message: `The store could not read these rows, and never will: ${(error as Error).message}`,
      });
    } else {
      entry.reject(error);
    }
  }
}

/** ClickHouse's errors about the rows themselves (their `type`); sending such rows again cannot help. */
const UNREADABLE =
  /^(CANNOT_PARSE_|CANNOT_CONVERT_TYPE|CANNOT_READ_|INCORRECT_DATA|TYPE_MISMATCH|ILLEGAL_COLUMN)/;

function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'type' in error && UNREADABLE.test(String(error.type));
}
