import type { FlagTraffic } from '../../sources/source.js';
import type { ChangeDocument } from '../change-log.js';
import type { OverviewFlag } from './documents.js';
import { type Adjusted, adjustForMany } from './false-alerts.js';
import { type KeptComparison, overviewFlag, requestsOf, treatmentsOf, whyAlone } from './overview-flag.js';

/** A flag as the source tells of it now. */
export interface SeenFlag {
  readonly traffic: FlagTraffic;
  /** Its newest change that was told. */
  readonly told: ChangeDocument | undefined;
  /** Differs when a comparison may. */
  readonly state: string;
}

/** A flag, and what is known of it. */
export interface Entry {
  readonly seen: SeenFlag;
  /** How many a comparison will have; none: there is nothing to compare. */
  readonly treatments: number;
  readonly kept: KeptComparison | undefined;
  readonly why: string | undefined;
  /** Of each treatment, as they are adjusted. */
  readonly logEs: readonly number[];
  /** The state that was compared; undefined: none was. */
  readonly comparedState: string | undefined;
  /** By the clock; 0: never. */
  readonly comparedAtMs: number;
  /** Not to be compared before. */
  readonly retryAtMs: number;
}

/** The flags of an overview, and which of them are to be compared. */
export interface FlagBook {
  /**
   * Takes these in the place of those there were, most requests first; what is known of them stays.
   *
   * @returns whether any is another than it was
   */
  replace(flags: readonly SeenFlag[]): boolean;
  /**
   * The one whose turn it is: those never compared, the last changed first, then with most requests; then those
   * compared longest ago.
   */
  next(): Entry | undefined;
  /** Notes what a comparison gave; nothing where the flag is gone meanwhile. */
  note(flag: string, known: Partial<Omit<Entry, 'seen' | 'treatments'>>): void;
  /** How many are to be compared. */
  pending(): number;
  /** In how many milliseconds one may be; undefined: none is to be. */
  dueMs(): number | undefined;
  /** All as they are shown. */
  read(): { readonly generation: number; readonly order: readonly string[]; readonly pages: readonly Page[] };
}

/** A flag as it is shown, and since which generation. */
interface Page {
  readonly document: OverviewFlag;
  readonly since: number;
}

const UNKNOWN = {
  ...{ kept: undefined, logEs: [], comparedState: undefined },
  ...{ comparedAtMs: 0, retryAtMs: 0 },
};

export function createFlagBook(clock: () => number): FlagBook {
  let entries = new Map<string, Entry>();
  const pages = new Map<string, Page>();
  const altered = new Set<string>();
  let order: readonly string[] = [];
  let generation = 0;
  let isRead = true;

  const isPending = ({ treatments, seen, comparedState }: Entry): boolean =>
    treatments > 0 && seen.state !== comparedState;

  function replace(flags: readonly SeenFlag[]): boolean {
    const before = entries;
    entries = new Map(flags.map((seen) => [seen.traffic.flag, updated(before.get(seen.traffic.flag), seen)]));
    let isAltered = entries.size !== before.size;
    for (const [flag, entry] of entries) {
      const known = before.get(flag)?.seen;
      const { traffic, state } = entry.seen;
      if (known?.state === state && known.traffic.lastSeen === traffic.lastSeen) continue;
      altered.add(flag);
      isAltered = true;
    }
    for (const flag of pages.keys()) if (!entries.has(flag)) pages.delete(flag);
    isRead = false;
    return isAltered;
  }

  /** Makes anew what has altered, and what other flags' news alter. */
  function settle(): void {
    if (isRead) return;
    const adjusted = adjustForMany(hypotheses(entries));
    const news = [...entries.keys()].filter((flag) => {
      const shown = pages.get(flag)?.document.logEAdjusted;
      return altered.has(flag) || (typeof shown === 'number' && shown !== adjusted.get(flag)?.logE);
    });
    if (news.length > 0) generation += 1;
    for (const flag of news) {
      const entry = entries.get(flag);
      if (entry === undefined) continue;
      const document = overviewFlag({ ...entry.seen, ...entry }, adjusted.get(flag));
      pages.set(flag, { document, since: generation });
    }
    altered.clear();
    order = inOrder(entries, adjusted);
    isRead = true;
  }

  return {
    replace,
    next() {
      const due = [...entries.values()].filter((entry) => isPending(entry) && entry.retryAtMs <= clock());
      return due.reduce<Entry | undefined>(
        (found, entry) => (found === undefined || isBefore(entry, found) ? entry : found),
        undefined,
      );
    },
    note(flag, known) {
      const entry = entries.get(flag);
      if (entry === undefined) return;
      entries.set(flag, { ...entry, ...known });
      altered.add(flag);
      isRead = false;
    },
    pending: () => [...entries.values()].filter(isPending).length,
    dueMs() {
      const times = [...entries.values()].filter(isPending).map(({ retryAtMs }) => retryAtMs);
      if (times.length === 0) return undefined;
      return Math.max(0, times.reduce((one, other) => Math.min(one, other)) - clock());
    },
    read() {
      settle();
      return { generation, order, pages: [...pages.values()] };
    },
  };
}

/** Whoever opens the overview has most often just changed a flag, and waits for that one. */
function isBefore(one: Entry, other: Entry): boolean {
  if (one.comparedAtMs !== other.comparedAtMs) return one.comparedAtMs < other.comparedAtMs;
  return (one.seen.told?.time ?? '') > (other.seen.told?.time ?? '');
}

function updated(before: Entry | undefined, seen: SeenFlag): Entry {
  const treatments = treatmentsOf(seen.traffic);
  // What was the only variant before may have company now, and the other way round.
  if (before !== undefined && before.treatments > 0 && treatments > 0) return { ...before, seen, treatments };
  return { ...UNKNOWN, seen, treatments, why: whyAlone(seen.traffic) };
}

/** Each treatment that is compared, or will be: the more are looked at, the more any one has to prove. */
function hypotheses(entries: ReadonlyMap<string, Entry>): Map<string, readonly number[]> {
  return new Map(
    [...entries].flatMap(([flag, { kept, logEs, treatments, seen, comparedState }]) => {
      if (kept !== undefined) return [[flag, logEs]];
      const isComing = treatments > 0 && seen.state !== comparedState;
      return isComing ? [[flag, new Array<number>(treatments).fill(0)]] : [];
    }),
  );
}

/** Alerts first, by their evidence; then by requests. */
function inOrder(
  entries: ReadonlyMap<string, Entry>,
  adjusted: ReadonlyMap<string, Adjusted>,
): readonly string[] {
  const ranked = [...entries].map(([flag, { seen }]) => {
    const { logE = 0, alert = false } = adjusted.get(flag) ?? {};
    return { flag, alert: alert ? logE : 0, requests: requestsOf(seen.traffic) };
  });
  return ranked
    .sort((a, b) => b.alert - a.alert || b.requests - a.requests || (a.flag < b.flag ? -1 : 1))
    .map(({ flag }) => flag);
}
