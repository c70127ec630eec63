import { setTimeout as pause } from 'node:timers/promises';
import { createCounter, gauge, type Measure } from '../metrics.js';
import type { ApiReply, ApiRequest, Route } from '../routes.js';
import { within } from '../within.js';
import { BOARD_TIMES, type KeptBoard, type KeptBoardOptions, keepBoard } from './kept-board.js';
import { type OverviewQuery, readOverviewQuery } from './overview-query.js';

/** Sets of filters that are kept; the one not asked for longest goes. */
const MOST_BOARDS = 8;

/** A query under way may take so long when it stops. */
const STOP_MS = 5000;

/** Overviews that are kept up to date while somebody looks at them. */
export interface Boards {
  readonly route: Route;
  readonly measure: Measure;
  /** Ends what goes on; within some seconds. */
  stop(): Promise<void>;
}

export function createBoards(options: KeptBoardOptions): Boards {
  const { pulse, onError, now, times = BOARD_TIMES } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  // The one asked for longest ago is the first.
  const boards = new Map<string, KeptBoard>();
  const alarm = createAlarm();
  const comparisons = createCounter({
    name: 'telltale.board.comparisons',
    description:
      'Comparisons for overviews: done, not_comparable (their flags say why), failed (made again).',
    unit: '{comparison}',
  });
  for (const result of ['done', 'not_comparable', 'failed']) comparisons.add({ result }, 0);
  let unlisten: (() => void) | undefined;
  let isComparedLast = true;

  function find(query: OverviewQuery): KeptBoard {
    const found = boards.get(query.key) ?? keepBoard(query, options);
    boards.delete(query.key);
    boards.set(query.key, found);
    const [oldest] = boards.keys();
    if (boards.size > MOST_BOARDS && oldest !== undefined) boards.delete(oldest);
    return found;
  }

  async function handle({ query }: ApiRequest): Promise<ApiReply> {
    const asked = new URLSearchParams(query);
    const after = asked.get('after');
    asked.delete('after');
    const kept = find(readOverviewQuery(asked, now()));
    await kept.asked();
    alarm.ring();
    // Without spaces: there may be thousands of flags.
    const body = JSON.stringify(kept.board.document(after));
    return { status: 200, contentType: 'application/json; charset=utf-8', body };
  }

  function active(): KeptBoard[] {
    const found = [...boards.values()].filter((kept) => kept.isActive());
    if (found.length > 0) unlisten ??= pulse.listen(alarm.ring);
    else {
      unlisten?.();
      unlisten = undefined;
    }
    return found;
  }

  /**
   * What is due, if anything is: then true. One thing at a time, whatever the number of boards. Flags are asked for and
   * compared in turn, and of boards the one that waits longest: of many one is always stale.
   */
  async function work(found: readonly KeptBoard[]): Promise<boolean> {
    const stale = longestAgo(
      found.filter((kept) => kept.refreshDueMs() === 0),
      (kept) => kept.refreshedAt,
    );
    const next = longestAgo(
      found.filter(({ board }) => board.dueMs() === 0),
      (kept) => kept.comparedAt,
    );
    if (stale !== undefined && (next === undefined || isComparedLast)) {
      isComparedLast = false;
      await stale.refresh();
      return true;
    }
    if (next === undefined) return false;
    isComparedLast = true;
    comparisons.add({ result: await next.compareNext() });
    return true;
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      const found = active();
      if (await work(found))
        await pause(times.rest * (performance.now() - began), undefined, { signal, ref: false }).catch(
          () => undefined,
        );
      else await alarm.wait(Math.min(...found.map((kept) => kept.nextMs())));
    }
  }

  const looping = loop().catch(onError);
  return {
    route: { method: 'GET', path: '/api/v1/overview', handle },
    measure: () => [
      comparisons.metric(),
      gauge(
        {
          name: 'telltale.board.pending',
          description: 'Flags that are to be compared for overviews that somebody looks at.',
          unit: '{flag}',
        },
        active().reduce((sum, { board }) => sum + board.pending(), 0),
      ),
    ],
    async stop() {
      stopping.abort();
      alarm.ring();
      unlisten?.();
      await within(STOP_MS, looping).catch(onError);
    },
  };
}

function longestAgo(boards: readonly KeptBoard[], at: (kept: KeptBoard) => number): KeptBoard | undefined {
  return [...boards].sort((one, other) => at(one) - at(other))[0];
}

/** Lets one wait until it is rung, be it rung before. */
function createAlarm(): { ring(): void; wait(ms: number): Promise<void> } {
  let isRung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      isRung = true;
      wake?.();
    },
    async wait(ms) {
      let timer: NodeJS.Timeout | undefined;
      if (!isRung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (Number.isFinite(ms)) timer = setTimeout(resolve, ms).unref();
        });
      }
      clearTimeout(timer);
      isRung = false;
    },
  };
}
