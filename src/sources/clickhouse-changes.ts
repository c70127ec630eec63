import type { Query } from '../store/store.js';
import type { Change, Shares } from './change.js';
import type { Window } from './source.js';
import { at, nanos } from './steps-sql.js';

/** Changes as they were told to us and are kept. */
export interface KeptChanges {
  /** After `from`, newest first, at most {@link MAX_CHANGES}: of one flag with all deployments, or all. */
  list(flag: string | undefined, window: Window): Promise<Change[]>;
  byId(id: string): Promise<Change | undefined>;
}

/** Far more than anybody makes in the days that are looked at; older ones are not shown, and split nothing. */
export const MAX_CHANGES = 1000;

const SELECT = `SELECT id, kind, origin, toString(toUnixTimestamp64Micro(time)) AS at, flag, service, environment,
  version, shares, shares_before, variations, description, author
FROM telltale_changes`;

export function createKeptChanges(query: Query): KeptChanges {
  return {
    async list(flag, window) {
      const rows = await query<ChangeRow>(
        `${SELECT} WHERE time > ${at('from')} AND time <= ${at('to')}
          AND ({flag:String} = '' OR flag = {flag:String} OR kind = 'deployment')
        ORDER BY time DESC, id LIMIT 1 BY id LIMIT ${MAX_CHANGES}`,
        { flag: flag ?? '', from: nanos(window.from), to: nanos(window.to) },
      );
      return rows.map(toChange);
    },

    async byId(id) {
      const rows = await query<ChangeRow>(`${SELECT} WHERE id = {id:String} ORDER BY time LIMIT 1`, { id });
      return rows.map(toChange)[0];
    },
  };
}

interface ChangeRow {
  id: string;
  kind: Change['kind'];
  origin: Change['origin'];
  at: string;
  flag: string;
  service: string;
  environment: string;
  version: string;
  shares: Shares;
  shares_before: Shares;
  variations: string[];
  description: string;
  author: string;
}

function toChange({ at: micros, shares, shares_before: before, ...rest }: ChangeRow): Change {
  return {
    ...rest,
    time: Number(micros) / 1e6,
    shares: told(shares),
    sharesBefore: told(before),
  };
}

function told(shares: Shares): Shares | null {
  return Object.keys(shares).length === 0 ? null : shares;
}
