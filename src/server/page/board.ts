import { randomUUID } from 'node:crypto';
import type { Source } from '../../sources/source.js';
import { isBackendError } from '../../store/backend-error.js';
import { asApiError } from '../api.js';
import type { ChangeHistory } from '../change-history.js';
import { type ChangeDocument, changeDocument } from '../change-log.js';
import { comparisonDocument } from '../flag-routes.js';
import { iso, isoWindow, LOOK_BACK_SECONDS } from '../release.js';
import { createBoardPlaces } from './board-places.js';
import type { OverviewDocument } from './documents.js';
import { ALERT_ALPHA, logEHarm } from './false-alerts.js';
import { createFlagBook } from './flag-book.js';
import { isChangeIn, newestChanges } from './newest-changes.js';
import { keepComparison } from './overview-flag.js';
import type { OverviewQuery } from './overview-query.js';

/** More than anybody can look at; those with most requests are shown. */
const MOST_FLAGS = 10_000;

/** Where the source did not answer for a flag, it is asked again so much later. */
const RETRY_MS = 30_000;

export interface BoardOptions {
  readonly source: Source;
  readonly changes: ChangeHistory | undefined;
  /** What a flag is compared with beside the filters, as the API takes it. */
  readonly parametersOf: (flag: string) => Readonly<Record<string, string>>;
  /** Unix seconds. */
  readonly now: () => number;
  /** Milliseconds that never go back. @default performance.now */
  readonly clock?: () => number;
  /** Told of faults of a comparison that are not the source's. */
  readonly onError: (error: unknown) => void;
}

export type Outcome = 'done' | 'not_comparable' | 'failed';

/** An overview by one set of filters. */
export interface Board {
  /**
   * Asks which flags there are, and what of each.
   *
   * @returns whether anything is another than it was
   * @throws whatever the source throws; what was known is kept
   */
  refresh(): Promise<boolean>;
  /** How many flags are to be compared. */
  pending(): number;
  /** In how many milliseconds one may be; undefined: none is to be. */
  dueMs(): number | undefined;
  /** Compares the one whose turn it is. */
  compareNext(): Promise<Outcome>;
  /** @param after the generation of an earlier answer; null: all is wanted */
  document(after: string | null): OverviewDocument;
}

export function createBoard(query: OverviewQuery, options: BoardOptions): Board {
  const { source, changes, parametersOf, now, onError, clock = () => performance.now() } = options;
  const id = randomUUID().slice(0, 8);
  const book = createFlagBook(clock);
  const places = createBoardPlaces(source, query, clock);
  const isHere = (change: ChangeDocument): boolean => isChangeIn(query.filter.environment, change);
  let shown = { from: 0, to: 0 };
  let leftOut = 0;

  async function refresh(): Promise<boolean> {
    const window = query.window(now());
    const flags = await source.flags(window, query.filter);
    const told = await changes?.told(undefined, { from: window.to - LOOK_BACK_SECONDS, to: window.to });
    await places.refresh(flags, window);
    const newest = newestChanges((told ?? []).map(changeDocument).filter(isHere));
    const isAltered = book.replace(
      flags.slice(0, MOST_FLAGS).map((traffic) => {
        const { flag, services, variants } = traffic;
        const deployed = services.map((service) => newest.byService.get(service)?.id);
        const change = newest.byFlag.get(flag);
        return { traffic, told: change, state: JSON.stringify([variants, change?.id, deployed]) };
      }),
    );
    leftOut = Math.max(0, flags.length - MOST_FLAGS);
    shown = window;
    return isAltered;
  }

  async function compareNext(): Promise<Outcome> {
    const entry = book.next();
    if (entry === undefined) return 'done';
    const { traffic, state } = entry.seen;
    const { flag } = traffic;
    const at = now();
    try {
      const configured = parametersOf(flag);
      const asked = new URLSearchParams({ ...configured, ...query.asked });
      const comparison = await comparisonDocument(source, flag, asked, at, changes);
      book.note(flag, {
        kept: keepComparison(comparison, configured, iso(at), isHere),
        logEs: comparison.comparisons.map(logEHarm),
        ...{ why: undefined, comparedState: state, comparedAtMs: clock() },
      });
      return 'done';
    } catch (error) {
      // A file of options that cannot be read says so itself.
      const isUsage = isBackendError(error) && error.code === 'usage';
      const { code, message } = isUsage ? error : asApiError(error);
      const noted = { why: message, comparedAtMs: clock() };
      if (code !== 'internal' && code !== 'unavailable') {
        // The flag itself is the reason, until it alters.
        book.note(flag, { ...noted, kept: undefined, logEs: [], comparedState: state });
        return 'not_comparable';
      }
      if (code === 'internal') onError(error);
      book.note(flag, { ...noted, retryAtMs: clock() + RETRY_MS });
      return 'failed';
    }
  }

  return {
    refresh,
    pending: book.pending,
    dueMs: book.dueMs,
    compareNext,
    document(after) {
      const { generation, order, pages } = book.read();
      const [of, number = ''] = after?.split('.') ?? [];
      const since = of === id && /^\d+$/.test(number) ? Number(number) : undefined;
      const shownPages = since === undefined ? pages : pages.filter((page) => page.since > since);
      return {
        window: isoWindow(shown),
        ...{ generation: `${id}.${generation}`, partial: since !== undefined },
        ...{ order, flags: shownPages.map((page) => page.document) },
        ...{ pending: book.pending(), alpha: ALERT_ALPHA, ...places.all() },
        cannot: leftOut === 0 ? source.cannot : [...source.cannot, tooMany(leftOut)],
      };
    },
  };
}

function tooMany(count: number): string {
  return `There are ${count} flags more than the ${MOST_FLAGS} with most requests that are shown: filter by service or environment.`;
}
