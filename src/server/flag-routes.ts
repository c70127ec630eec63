import type { FlagTraffic, Source } from '../sources/source.js';
import { BackendError } from '../store/backend-error.js';
import type { ChangeHistory } from './change-history.js';
import { type Comparison, compareFlag } from './comparison.js';
import { duration, readComparisonParameters } from './parameters.js';
import { isoWindow, LOOK_BACK_SECONDS } from './release.js';
import { json, type Route } from './routes.js';

/**
 * Flags with their traffic, and the comparison of one.
 *
 * @param changes Undefined where changes are not kept.
 * @param now Unix seconds
 */
export function flagRoutes(source: Source, changes: ChangeHistory | undefined, now: () => number): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/flags',
      handle: async ({ query }) => json(await flagsDocument(source, query, now())),
    },
    {
      method: 'GET',
      path: '/api/v1/flags/:key/comparison',
      handle: async ({ path, query }) =>
        json(await comparisonDocument(source, path['key'] ?? '', query, now(), changes)),
    },
  ];
}

/** The answer to a comparison's query. */
export function comparisonDocument(
  source: Source,
  flag: string,
  query: URLSearchParams,
  now: number,
  changes?: ChangeHistory,
): Promise<Comparison> {
  const evidence = takeEvidence(query);
  const parameters = readComparisonParameters(query, now);
  return compareFlag(source, flag, parameters, now, {
    evidence,
    ...(changes === undefined ? {} : { changes }),
  });
}

/** `evidence=1` hands out what the verdicts were computed from; it is no parameter of the comparison. */
function takeEvidence(query: URLSearchParams): boolean {
  const given = query.getAll('evidence');
  if (given.length > 1 || (given.length === 1 && given[0] !== '1')) {
    throw new BackendError('bad-request', 'evidence must be 1, once; leave it out for verdicts alone.');
  }
  query.delete('evidence');
  return given.length === 1;
}

/** The document of `flags --json` and of the API; times are ISO 8601. */
export interface FlagsDocument {
  readonly window: { readonly from: string; readonly to: string };
  readonly flags: readonly (Omit<FlagTraffic, 'lastSeen'> & { readonly lastSeen: string })[];
}

/** The answer to a query for flags, up to a moment. */
export async function flagsDocument(
  source: Source,
  query: URLSearchParams,
  to: number,
): Promise<FlagsDocument> {
  for (const name of query.keys()) {
    if (!['since', 'service', 'env'].includes(name)) {
      throw new BackendError('bad-request', `There is no parameter "${name}" here: since, service and env.`);
    }
  }
  const since = query.get('since');
  const from = to - (since === null ? LOOK_BACK_SECONDS : duration(since, 'since'));
  const flags = await source.flags(
    { from, to },
    { service: query.get('service') ?? undefined, environment: query.get('env') ?? undefined },
  );
  return {
    window: isoWindow({ from, to }),
    flags: flags.map((flag) => ({ ...flag, lastSeen: new Date(flag.lastSeen * 1000).toISOString() })),
  };
}
