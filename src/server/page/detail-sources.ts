import type { Query } from '../../store/store.js';
import type { CompareParts } from './latency.js';

/** Whom to ask for what is behind a comparison. */
export interface DetailSources extends CompareParts {
  /** Asks our own tables; undefined: the backend reads what others store. */
  readonly query: Query | undefined;
}
