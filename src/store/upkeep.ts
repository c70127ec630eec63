import type { TelemetrySink } from '../otlp/model.js';
import type { Layout } from './cluster.js';
import { createDiskCap, type DiskCap, type DroppedTotals, type Partition } from './disk.js';
import { type Command, findStore, migrate } from './migrations.js';
import { applyRetention, presentRetention } from './retention.js';
import { readContent, type StoreStatus } from './status.js';
import type { Query } from './store.js';
import { limitTimes, type RefusedTimes } from './time-limits.js';

/** What a store keeps, and for how long. */
export interface StoreOptions {
  /** ClickHouse's name of the cluster that the tables are made on. */
  readonly cluster?: string | undefined;
  /** How long rows are kept; for ever where left out. */
  readonly retentionSeconds?: number | undefined;
  /** A store that is there goes on as it is: `retentionSeconds` is for a new one. */
  readonly keepRetention?: boolean | undefined;
  /** Data above this is dropped, the oldest day first; no cap where left out. */
  readonly maxDiskBytes?: number | undefined;
  /** Unix milliseconds. Rows that are too old or too new by this clock are refused; none where left out. */
  readonly now?: (() => number) | undefined;
  /** Told what the cap dropped, and of checks that failed. */
  readonly onNotice?: ((text: string) => void) | undefined;
  /** Calls again and again until it is told to stop. @default `setInterval` */
  readonly every?: Every | undefined;
}

export type Every = (ms: number, task: () => void) => () => void;

/** How often the disk cap is looked at. */
const CHECK_EVERY_MS = 60_000;

/** What is not kept: records that were refused for their time, and data that the disk cap dropped. */
export interface Losses {
  readonly refused: RefusedTimes;
  readonly dropped: DroppedTotals;
}

/** What goes on beside inserts and queries. */
export interface Upkeep {
  readonly layout: Layout;
  /** A sink that refuses what must not be stored. */
  limit(sink: TelemetrySink): TelemetrySink;
  status(): Promise<StoreStatus>;
  /** Since the start; read without asking the engine. */
  losses(): Losses;
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/**
 * Brings the tables to the present schema and retention, and keeps the data under the cap.
 *
 * @throws BackendError `schema-newer`, `schema-unusable`
 */
export async function startUpkeep(command: Command, query: Query, options: StoreOptions): Promise<Upkeep> {
  const { maxDiskBytes, now, onNotice = () => undefined, every = interval } = options;
  const found = await findStore(query, options.cluster);
  const { layout } = found;
  const present = await presentRetention(query, layout);
  const retentionSeconds = chooseRetention(options, present);
  const kept = retentionSeconds ?? Number.POSITIVE_INFINITY;
  if (present !== undefined && kept < present) onNotice(describeShortening(present, kept));
  await migrate(command, query, found, retentionSeconds);
  await applyRetention(command, query, layout, retentionSeconds);

  let refused: RefusedTimes = { tooOld: 0, tooNew: 0 };
  let cap: DiskCap | undefined;
  let stopChecks = (): Promise<void> => Promise.resolve();
  if (maxDiskBytes !== undefined) {
    cap = createDiskCap(command, query, layout, maxDiskBytes, (partition, before) =>
      onNotice(describeDrop(partition, before, maxDiskBytes)),
    );
    stopChecks = await keepCap(cap, every, onNotice);
  }
  const losses = (): Losses => ({ refused, dropped: cap?.dropped ?? { partitions: 0, rows: 0, bytes: 0 } });
  return {
    layout,
    losses,
    limit(sink) {
      if (now === undefined) return sink;
      const limits = limitTimes(sink, retentionSeconds, now);
      refused = limits.refused;
      return limits.sink;
    },
    async status() {
      return {
        ...(await readContent(query, layout)),
        retentionSeconds: retentionSeconds ?? null,
        maxDiskBytes: maxDiskBytes ?? null,
        ...losses(),
      };
    },
    stop: stopChecks,
  };
}

function chooseRetention(
  { retentionSeconds, keepRetention }: StoreOptions,
  present: number | undefined,
): number | undefined {
  if (keepRetention !== true || present === undefined) return retentionSeconds;
  return Number.isFinite(present) ? present : undefined;
}

function describeShortening(before: number, seconds: number): string {
  const kept = Number.isFinite(before) ? `rows for ${before / 3600} h` : 'everything';
  return (
    `The store kept ${kept}; by --retention it keeps rows for ${seconds / 3600} h. What is older is removed, and ` +
    'cannot be had back.'
  );
}

/**
 * Checks the cap now, then again and again. A check that fails is a notice and no more: rows are stored all the same.
 *
 * @returns what ends that, and resolves when no check runs any more
 */
async function keepCap(
  cap: DiskCap,
  every: Every,
  onNotice: (text: string) => void,
): Promise<() => Promise<void>> {
  const check = (): Promise<void> =>
    cap.check().catch((error: unknown) => {
      onNotice(`The disk cap could not be kept: ${(error as Error).message}`);
    });
  await check();
  let checking: Promise<void> | undefined;
  const stopTimer = every(CHECK_EVERY_MS, () => {
    checking ??= check().finally(() => {
      checking = undefined;
    });
  });
  return async () => {
    stopTimer();
    await checking;
  };
}

function interval(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms);
  timer.unref();
  return () => clearInterval(timer);
}

function describeDrop({ table, id, rows, bytes }: Partition, before: number, cap: number): string {
  const day = `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6)}`;
  return (
    `Dropped ${table} of ${day}: ${rows} rows, ${bytes} bytes. The data was ${before} bytes, above --max-disk ` +
    `(${cap} bytes).`
  );
}
