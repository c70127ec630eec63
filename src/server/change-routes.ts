import type { KeptChanges } from '../sources/clickhouse-changes.js';
import { BackendError } from '../store/backend-error.js';
import type { Store } from '../store/store.js';
import { readChange } from './change-body.js';
import type { ChangeHistory } from './change-history.js';
import { changeDocument, recordChange } from './change-log.js';
import { instant } from './parameters.js';
import { isoWindow, LOOK_BACK_SECONDS } from './release.js';
import { parseJsonObject } from './request-body.js';
import { json, type Route } from './routes.js';

/** A change is a few hundred bytes; its longest description 2,000 characters. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Changes of flags and deployments: told by a caller, and those that are known.
 *
 * @param now Unix seconds
 */
export function changeRoutes(
  history: ChangeHistory,
  kept: KeptChanges,
  store: Pick<Store, 'changes'>,
  now: () => number,
): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/changes',
      handle: async ({ query }) => json(await listChanges(history, now(), query)),
    },
    {
      method: 'POST',
      path: '/api/v1/changes',
      async handle(request) {
        const body = parseJsonObject(await request.body(MAX_BODY_BYTES));
        const told = readChange(body, now());
        const { change, created } = await recordChange(kept, store, told, 'time' in body);
        return json({ created, change: changeDocument(change) }, created ? 201 : 200);
      },
    },
  ];
}

async function listChanges(history: ChangeHistory, to: number, query: URLSearchParams): Promise<unknown> {
  for (const [name, value] of query) {
    if (name !== 'flag' && name !== 'since') {
      throw new BackendError('bad-request', `There is no parameter "${name}" here: flag and since.`);
    }
    if (value === '' || query.getAll(name).length > 1) {
      throw new BackendError('bad-request', `${name} must be given once and not be empty, or be left out.`);
    }
  }
  const since = query.get('since');
  const from = since === null ? to - LOOK_BACK_SECONDS : instant(since, 'since', to).at;
  const flag = query.get('flag') ?? undefined;
  const changes = await history.withSeen(await history.told(flag, { from, to }), flag, { from, to }, from);
  return {
    window: isoWindow({ from, to }),
    changes: changes.map(changeDocument),
  };
}
