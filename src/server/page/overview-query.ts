import type { ServiceFilter, Window } from '../../sources/source.js';
import { BackendError } from '../../store/backend-error.js';
import { readComparisonParameters } from '../parameters.js';
import { LOOK_BACK_SECONDS } from '../release.js';

/** What an overview is asked with; all of it are parameters of a comparison too. */
const FILTERS = ['since', 'until', 'service', 'env'];

export interface OverviewQuery {
  /** Equal for equal questions. */
  readonly key: string;
  /** What comparisons are asked with, over what is configured for the flag. */
  readonly asked: Readonly<Record<string, string>>;
  readonly filter: ServiceFilter;
  /** @param now Unix seconds */
  window(now: number): Window;
}

/**
 * Reads the question for an overview.
 *
 * @param now Unix seconds
 * @throws BackendError `bad-request`
 */
export function readOverviewQuery(query: URLSearchParams, now: number): OverviewQuery {
  const given = [...query];
  const unknown = given.find(([name]) => !FILTERS.includes(name));
  if (unknown !== undefined) {
    throw new BackendError(
      'bad-request',
      `There is no parameter ${JSON.stringify(unknown[0].slice(0, 60))} here: ${FILTERS.join(', ')} and after.`,
    );
  }
  const { service, env } = readComparisonParameters(given, now);
  return {
    key: JSON.stringify(FILTERS.map((name) => query.get(name))),
    asked: Object.fromEntries(given),
    filter: { service, environment: env },
    window(at) {
      // Durations count back from this moment.
      const { since, until: to = at } = readComparisonParameters(given, at);
      return { from: since?.at ?? to - LOOK_BACK_SECONDS, to };
    },
  };
}
