import type { ServiceFilter, Window } from '../../sources/source.js';
import { BackendError } from '../../store/backend-error.js';
import { readComparisonParameters } from '../parameters.js';
import { LOOK_BACK_SECONDS } from '../release.js';

/** What of the telemetry is looked at where nothing is compared. */
export interface Look {
  readonly window: Window;
  readonly services: ServiceFilter;
}

/** What is looked at is narrowed by these; all are parameters of a comparison too. */
export const LOOK_PARAMETERS: readonly string[] = ['since', 'until', 'service', 'env'];

/**
 * Reads `since` (7 days before the end), `until` (now), `service` and `env`.
 *
 * @param now Unix seconds
 * @throws BackendError `bad-request`
 */
export function readLook(query: URLSearchParams, now: number): Look {
  const other = [...query.keys()].find((name) => !LOOK_PARAMETERS.includes(name));
  if (other !== undefined) {
    throw new BackendError(
      'bad-request',
      `There is no parameter "${other}" here. There are: ${LOOK_PARAMETERS.join(', ')}.`,
    );
  }
  const { since, until: to = now, service, env: environment } = readComparisonParameters(query, now);
  return { window: { from: since?.at ?? to - LOOK_BACK_SECONDS, to }, services: { service, environment } };
}
