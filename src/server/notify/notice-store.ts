import type { Verdict } from '../../stats/index.js';
import type { Row, Store } from '../../store/store.js';
import type { ChangeNotice, Notice, VerdictTurn } from './notice.js';

/** Whose verdict it is. */
export interface VerdictKey {
  readonly flag: string;
  readonly treatment: string;
  /** Empty: all of them, as none is reported. */
  readonly environment: string;
}

/** The verdict that is remembered. */
export interface KnownVerdict {
  readonly verdict: Verdict;
  /** Of its notice. */
  readonly id: string;
  /** Turns that were told since the moment that was asked for. */
  readonly told: number;
}

/** A change that was noted. */
export interface KnownChange {
  readonly id: string;
  /** Where it is of a flag, else empty; as the service, environment and version. */
  readonly flag: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** When it was made, Unix seconds. */
  readonly made: number;
}

/** A verdict as it is remembered; `turn` where it is told. */
export interface NotedVerdict extends VerdictKey {
  readonly id: string;
  readonly verdict: Verdict;
  readonly turn: VerdictTurn | undefined;
}

export type Outcome = 'sent' | 'dropped';

/** What was noted and told, for all backends on a store. Times are Unix seconds. */
export interface NoticeStore {
  /** Whether the verdicts that were there before anybody looked are remembered. */
  hasBaseline(): Promise<boolean>;
  endBaseline(now: number): Promise<void>;
  /** By {@link keyOf}. */
  verdicts(toldSince: number): Promise<Map<string, KnownVerdict>>;
  noteVerdict(noted: NotedVerdict, now: number): Promise<void>;
  changes(since: number): Promise<KnownChange[]>;
  noteChange(notice: ChangeNotice, now: number): Promise<void>;
  /** Since when the target is told; from now on, where it is new. */
  targetSince(target: string, now: number): Promise<number>;
  /** What is of after `targetSince`, was noted after `newerThan` and is not settled at the target, oldest first. */
  due(
    target: string,
    kind: Notice['kind'],
    times: { begun: number; newerThan: number },
  ): Promise<DueNotice[]>;
  settle(target: string, id: string, outcome: Outcome, now: number): Promise<void>;
}

export interface DueNotice {
  readonly notice: Notice;
  readonly created: number;
}

export function keyOf({ flag, treatment, environment }: VerdictKey): string {
  return JSON.stringify([flag, treatment, environment]);
}

const seconds = (column: string): string => `toUnixTimestamp64Micro(${column}) / 1e6`;

/** Of a backend that was told of several thousand at once, the rest comes as soon as these are settled. */
const MAX_DUE = 1000;

export function createNoticeStore({ query, notices }: Pick<Store, 'query' | 'notices'>): NoticeStore {
  const begun = new Map<string, number>();
  const insert = async (table: Parameters<typeof notices>[0], row: Row): Promise<void> => {
    const rejection = await notices(table, [row]);
    if (rejection !== undefined) throw new Error(`${table} does not take its rows: ${rejection.message}`);
  };
  return {
    async hasBaseline() {
      const rows = await query("SELECT 1 FROM telltale_notices WHERE kind = 'baseline' LIMIT 1");
      return rows.length > 0;
    },
    endBaseline: (now) =>
      insert('telltale_notices', { kind: 'baseline', silent: true, created: micros(now) }),

    async verdicts(toldSince) {
      const rows = await query<VerdictKey & { last: Verdict; last_id: string; told: number | string }>(
        `SELECT flag, treatment, environment, argMax(verdict, (created, id)) AS last,
          argMax(id, (created, id)) AS last_id,
          uniqExactIf(id, NOT silent AND ${seconds('created')} > {since:Float64}) AS told
        FROM telltale_notices WHERE kind = 'verdict' GROUP BY flag, treatment, environment`,
        { since: toldSince },
      );
      return new Map(
        rows.map((row) => [keyOf(row), { verdict: row.last, id: row.last_id, told: Number(row.told) }]),
      );
    },
    async noteVerdict({ turn, ...noted }, now) {
      const { flag, treatment, environment } = noted;
      const [last] = await query<{ created: number }>(
        `SELECT max(${seconds('created')}) AS created FROM telltale_notices WHERE kind = 'verdict'
          AND flag = {flag:String} AND treatment = {treatment:String} AND environment = {environment:String}`,
        { flag, treatment, environment },
      );
      // The last one by this time is the one that stands, also where another backend's clock is ahead.
      const created = micros(Math.max(now, (last?.created ?? 0) + 0.001));
      await insert('telltale_notices', {
        ...noted,
        ...{ kind: 'verdict', at: micros(now), created },
        ...{ silent: turn === undefined, document: turn === undefined ? '' : JSON.stringify(turn) },
      });
    },

    async changes(since) {
      return query<KnownChange>(
        `SELECT id, flag, service, environment, version, ${seconds('at')} AS made
        FROM telltale_notices WHERE kind = 'change' AND ${seconds('at')} > {since:Float64}`,
        { since },
      );
    },
    noteChange: (notice, now) =>
      insert('telltale_notices', {
        ...{ id: notice.id, kind: 'change', flag: notice.change.flag ?? '' },
        ...{ service: notice.change.service ?? '', environment: notice.change.environment ?? '' },
        ...{ version: notice.change.version ?? '', origin: notice.change.origin },
        ...{ at: micros(Date.parse(notice.change.time) / 1000), silent: false, created: micros(now) },
        document: JSON.stringify(notice),
      }),

    async targetSince(target, now) {
      const known = begun.get(target);
      if (known !== undefined) return known;
      const [row] = await query<{ since: number }>(
        `SELECT min(${seconds('time')}) AS since FROM telltale_deliveries WHERE target = {target:String} AND id = ''
        HAVING count() > 0`,
        { target },
      );
      if (row === undefined) {
        await insert('telltale_deliveries', { target, id: '', outcome: 'begun', time: micros(now) });
      }
      begun.set(target, row?.since ?? now);
      return row?.since ?? now;
    },
    async due(target, kind, { begun: since, newerThan }) {
      const noted = await query<{ id: string; document: string; noted: number }>(
        `SELECT id, any(document) AS document, min(${seconds('created')}) AS noted FROM telltale_notices
        WHERE kind = {kind:String} AND NOT silent AND ${seconds('at')} > {begun:Float64}
          AND created > fromUnixTimestamp64Micro(toInt64({newer:Float64} * 1e6))
        GROUP BY id ORDER BY noted, id`,
        { kind, begun: since, newer: newerThan },
      );
      const settled = await query<{ id: string }>(
        `SELECT DISTINCT id FROM telltale_deliveries
        WHERE target = {target:String} AND ${seconds('time')} > {newer:Float64}`,
        { target, newer: newerThan },
      );
      const done = new Set(settled.map(({ id }) => id));
      return noted
        .filter(({ id }) => !done.has(id))
        .slice(0, MAX_DUE)
        .map(({ document, noted: created }) => ({ notice: JSON.parse(document) as Notice, created }));
    },
    settle: (target, id, outcome, now) =>
      insert('telltale_deliveries', { target, id, outcome, time: micros(now) }),
  };
}

/** As `DateTime64` is read from JSON. */
function micros(now: number): string {
  return now.toFixed(6);
}
