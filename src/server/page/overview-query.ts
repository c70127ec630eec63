import type { ServiceFilter, Window } from '../../sources/source.js';
import { BackendError } from '../../store/backend-error.js';
import { LOOK_PARAMETERS, readLook } from './window.js';

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
  const unknown = given.find(([name]) => !LOOK_PARAMETERS.includes(name));
  if (unknown !== undefined) {
    throw new BackendError(
      'bad-request',
      `There is no parameter ${JSON.stringify(unknown[0].slice(0, 60))} here: ${LOOK_PARAMETERS.join(', ')} and after.`,
    );
  }
  const { services: filter } = readLook(query, now);
  return {
    key: JSON.stringify(LOOK_PARAMETERS.map((name) => query.get(name))),
    asked: Object.fromEntries(given),
    filter,
    // Durations count back from this moment.
    window: (at) => readLook(query, at).window,
  };
}
