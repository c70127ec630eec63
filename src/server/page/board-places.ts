import type { FlagTraffic, Source, Window } from '../../sources/source.js';
import type { OverviewDocument } from './documents.js';
import type { OverviewQuery } from './overview-query.js';

/** What there is to filter by alters rarely, and takes a question of its own where something is filtered by. */
const REFRESH_MS = 60_000;

/** The services and environments that an overview can be filtered by, whatever it is filtered by now. */
export interface BoardPlaces {
  /** @param flags those by the filters */
  refresh(flags: readonly FlagTraffic[], window: Window): Promise<void>;
  all(): Pick<OverviewDocument, 'services' | 'environments'>;
}

export function createBoardPlaces(
  source: Source,
  { filter }: OverviewQuery,
  clock: () => number,
): BoardPlaces {
  const isFiltered = filter.service !== undefined || filter.environment !== undefined;
  let places: Pick<OverviewDocument, 'services' | 'environments'> = { services: [], environments: [] };
  let refreshedAt = Number.NEGATIVE_INFINITY;
  return {
    async refresh(flags, window) {
      if (isFiltered && clock() - refreshedAt < REFRESH_MS) return;
      const all = isFiltered ? await source.flags(window, {}) : flags;
      refreshedAt = clock();
      places = {
        services: namesOf(all.flatMap(({ services }) => services)),
        environments: namesOf(all.flatMap(({ environments }) => environments)),
      };
    },
    all: () => places,
  };
}

function namesOf(texts: readonly string[]): string[] {
  return [...new Set(texts)].filter((text) => text !== '').sort();
}
