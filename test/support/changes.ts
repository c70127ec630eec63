import { type ChangeHistory, createChangeHistory } from '../../src/server/change-history.js';
import type { Change } from '../../src/sources/change.js';
import { createKeptChanges } from '../../src/sources/clickhouse-changes.js';
import { createSeenTelemetry } from '../../src/sources/clickhouse-seen.js';
import type { Store } from '../../src/store/store.js';

/** A change of a flag of which nothing is told but what the test says. */
export function flagChange(told: Partial<Change>): Change {
  return {
    ...{
      id: 'c',
      kind: 'flag',
      origin: 'api',
      time: 0,
      flag: 'f',
      service: '',
      environment: '',
      version: '',
    },
    ...{ shares: null, sharesBefore: null, variations: [], description: '', author: '' },
    ...told,
  };
}

/** All that this store knows of changes. */
export function historyOf(store: Store): ChangeHistory {
  return createChangeHistory(createKeptChanges(store.query), createSeenTelemetry(store.query));
}
