import type { ServiceFilter, Window } from '../../sources/source.js';
import { BackendError } from '../../store/backend-error.js';
import { readComparisonParameters } from '../parameters.js';
import { iso, LOOK_BACK_SECONDS } from '../release.js';

/** What of the telemetry is looked at where nothing is compared. */
export interface Look {
  readonly window: Window;
  readonly services: ServiceFilter;
}

const NAMES = ['since', 'until', 'service', 'env'];

/**
 * Reads `since` (7 days before the end), `until` (now), `service` and `env`.
 *
 * @param now Unix seconds
 * @throws BackendError `bad-request`
 */
export function readLook(query: URLSearchParams, now: number): Look {
  const other = [...query.keys()].find((name) => !NAMES.includes(name));
  if (other !== undefined) {
    throw new BackendError(
      'bad-request',
      `There is no parameter "${other}" here. There are: ${NAMES.join(', ')}.`,
    );
  }
  const { since, until: to = now, service, env: environment } = readComparisonParameters(query, now);
  return { window: { from: since?.at ?? to - LOOK_BACK_SECONDS, to }, services: { service, environment } };
}

/** A window as documents have it. */
export function isoWindow({ from, to }: Window): { readonly from: string; readonly to: string } {
  return { from: iso(from), to: iso(to) };
}
