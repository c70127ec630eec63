import type { Source } from '../sources/source.js';
import { BackendError } from '../store/backend-error.js';
import type { ChangeHistory } from './change-history.js';
import { compareFlag, LOOK_BACK_SECONDS } from './comparison.js';
import { duration, readComparisonParameters } from './parameters.js';
import { json, type Route } from './routes.js';

/**
 * Flags with their traffic, and the comparison of one.
 *
 * @param now Unix seconds
 */
export function flagRoutes(source: Source, changes: ChangeHistory, now: () => number): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/flags',
      handle: async ({ query }) => json(await listFlags(source, now(), query)),
    },
    {
      method: 'GET',
      path: '/api/v1/flags/:key/comparison',
      async handle({ path, query }) {
        const time = now();
        const evidence = takeEvidence(query);
        const parameters = readComparisonParameters(query, time);
        return json(await compareFlag(source, path['key'] ?? '', parameters, time, { evidence, changes }));
      },
    },
  ];
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

async function listFlags(source: Source, to: number, query: URLSearchParams): Promise<unknown> {
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
    window: { from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() },
    flags: flags.map((flag) => ({ ...flag, lastSeen: new Date(flag.lastSeen * 1000).toISOString() })),
  };
}
