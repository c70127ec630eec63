import type { Change } from '../sources/change.js';
import type { KeptChanges } from '../sources/clickhouse-changes.js';
import { BackendError } from '../store/backend-error.js';
import type { Store } from '../store/store.js';

/** What became of a change that was told. */
export interface Recorded {
  readonly change: Change;
  /** false: it was known already. */
  readonly created: boolean;
}

/**
 * Keeps a change, once for its id; resolves when it is stored.
 *
 * @param isTimed whether the sender told when it was made: else a known one may have been made earlier
 * @throws BackendError `conflict` where another change has the id, `bad-request` where the store refuses it
 */
export async function recordChange(
  kept: KeptChanges,
  store: Pick<Store, 'changes'>,
  change: Change,
  isTimed = true,
): Promise<Recorded> {
  const known = await kept.byId(change.id);
  if (known !== undefined) {
    const time = isTimed ? change.time : known.time;
    if (content(known) === content({ ...change, time })) return { change: known, created: false };
    throw new BackendError(
      'conflict',
      `Another change has the id ${JSON.stringify(change.id)}: give this one an id of its own, or none.`,
    );
  }
  const rejection = await store.changes([rowOf(change)]);
  if (rejection !== undefined) throw new BackendError('bad-request', rejection.message);
  return { change, created: true };
}

function content(change: Change): string {
  return JSON.stringify(Object.entries(change).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function rowOf({ time, shares, sharesBefore, ...rest }: Change): Readonly<Record<string, unknown>> {
  return { ...rest, time: time.toFixed(6), shares: shares ?? {}, shares_before: sharesBefore ?? {} };
}

/** A change as the API shows it; null: not told. */
export interface ChangeDocument {
  readonly id: string;
  readonly kind: Change['kind'];
  readonly origin: Change['origin'];
  /** ISO 8601. */
  readonly time: string;
  readonly flag: string | null;
  readonly service: string | null;
  readonly environment: string | null;
  readonly version: string | null;
  readonly shares: Change['shares'];
  readonly sharesBefore: Change['sharesBefore'];
  readonly description: string | null;
  readonly author: string | null;
}

export function changeDocument(change: Change): ChangeDocument {
  return {
    id: change.id,
    kind: change.kind,
    origin: change.origin,
    time: new Date(change.time * 1000).toISOString(),
    flag: change.flag || null,
    service: change.service || null,
    environment: change.environment || null,
    version: change.version || null,
    shares: change.shares,
    sharesBefore: change.sharesBefore,
    description: change.description || null,
    author: change.author || null,
  };
}
