import { type Board, type BoardOptions, createBoard, type Outcome } from './board.js';
import type { OverviewQuery } from './overview-query.js';
import type { Pulse } from './pulse.js';

/** A board that nobody asked for so long is left as it is. */
const ACTIVE_MS = 60_000;

/** At least so many times as long as flags were asked for they are not. */
const REFRESH_REST = 4;

/** After the source did not answer: it may be that it has too many requests. Who asks is answered by a question of its own. */
const FAILED_MS = 10_000;

/** Where nothing was stored: as time goes on, flags leave the window. */
const DRIFT_MS = 60_000;

export interface BoardTimes {
  /** From one question for all flags to the next, at least. */
  readonly refreshMs: number;
  /** After each comparison, so many times as long as it took: 1 leaves half of a core. */
  readonly rest: number;
}

export const BOARD_TIMES: BoardTimes = { refreshMs: 1000, rest: 1 };

export interface KeptBoardOptions extends BoardOptions {
  readonly pulse: Pulse;
  /** Whoever looks at it would see something else now. */
  readonly onAltered: () => void;
  readonly times?: BoardTimes;
}

/** A board, and when something is to be done for it. */
export interface KeptBoard {
  readonly board: Board;
  /** By the clock; 0: never. */
  readonly comparedAt: number;
  /** By the clock. */
  readonly refreshedAt: number;
  /**
   * Somebody asks: resolves when there is something to show.
   *
   * @throws whatever the source throws, until it answers again
   */
  asked(): Promise<void>;
  /** Whether somebody asked within the last minute. */
  isActive(): boolean;
  /** In how many milliseconds flags are to be asked for. */
  refreshDueMs(): number;
  /** In how many milliseconds something is to be looked at again. */
  nextMs(): number;
  /** Asks for flags; where that fails, whoever asks is told. */
  refresh(): Promise<void>;
  compareNext(): Promise<Outcome>;
}

export function keepBoard(query: OverviewQuery, options: KeptBoardOptions): KeptBoard {
  const { pulse, onAltered, times = BOARD_TIMES, clock = () => performance.now() } = options;
  const board = createBoard(query, options);
  let askedAt = Number.NEGATIVE_INFINITY;
  let refreshed = { at: Number.NEGATIVE_INFINITY, took: 0, revision: -1 };
  let failure: { readonly error: unknown } | undefined;
  let refreshing: Promise<void> | undefined;
  let comparedAt = 0;
  let isKnown = false;

  const isActive = (): boolean => clock() - askedAt < ACTIVE_MS;

  async function refreshOnce(): Promise<void> {
    const began = clock();
    const { revision } = pulse;
    const before = failure;
    const [isAltered, after] = await board.refresh().then(
      (altered) => [altered, undefined] as const,
      (error: unknown) => [false, { error }] as const,
    );
    failure = after;
    isKnown ||= after === undefined;
    if (isAltered || (before === undefined) !== (after === undefined)) onAltered();
    const at = clock();
    refreshed = { at, took: at - began, revision };
    refreshing = undefined;
  }

  function refresh(): Promise<void> {
    refreshing ??= refreshOnce();
    return refreshing;
  }

  function refreshDueMs(): number {
    const hasNews = failure !== undefined || pulse.revision !== refreshed.revision;
    const least = failure === undefined ? times.refreshMs : FAILED_MS;
    const rest = hasNews ? Math.max(least, REFRESH_REST * refreshed.took) : DRIFT_MS;
    return Math.max(0, refreshed.at + rest - clock());
  }

  return {
    board,
    get comparedAt() {
      return comparedAt;
    },
    get refreshedAt() {
      return refreshed.at;
    },
    async asked() {
      // What nobody looked at is old; what failed may be mended.
      const isOld = !isKnown || !isActive() || failure !== undefined;
      askedAt = clock();
      if (isOld) await refresh();
      if (failure !== undefined) throw failure.error;
    },
    isActive,
    refreshDueMs,
    nextMs: () =>
      Math.min(
        refreshDueMs(),
        board.dueMs() ?? Number.POSITIVE_INFINITY,
        Math.max(0, askedAt + ACTIVE_MS - clock()),
      ),
    refresh,
    async compareNext() {
      comparedAt = clock();
      const outcome = await board.compareNext();
      onAltered();
      return outcome;
    },
  };
}
