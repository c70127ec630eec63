import { setTimeout } from 'node:timers/promises';
import type { Source } from '../../sources/source.js';
import type { Store } from '../../store/store.js';
import type { ChangeHistory } from '../change-history.js';
import { within } from '../within.js';
import { createChangeLook } from './change-look.js';
import { createCourier } from './courier.js';
import { createLease, type LeaseTimes } from './lease.js';
import { createLookOrder } from './look-order.js';
import { createNoticeStore } from './notice-store.js';
import type { NotifyMetrics } from './notify-metrics.js';
import type { NotifyOptions } from './notify-options.js';
import { lookAtVerdicts } from './verdict-look.js';
import { verdictTurns } from './verdict-turns.js';

/** How often what is looked at. */
export interface NotifyTimes extends LeaseTimes {
  /** For changes that were told, and for what is due. */
  readonly cycleMs: number;
  /** For verdicts and what telemetry tells. */
  readonly lookMs: number;
  /** At least so many times as long as a look took there is none: 3 leaves it a quarter of the time. */
  readonly rest: number;
}

export const NOTIFY_TIMES: NotifyTimes = {
  cycleMs: 10_000,
  lookMs: 60_000,
  rest: 3,
  holdMs: 60_000,
  renewMs: 20_000,
  settleMs: 1000,
};

/** What is active when nobody looked before, or long ago. */
const LONGEST_ACTIVE_SECONDS = 3600;
/** Reports come once a minute, and late. */
const OVERLAP_SECONDS = 120;

/** What is under way, and then what is due, may take so long when it stops. */
const STOP_MS = 5000;

export interface NotifierOptions extends NotifyOptions {
  readonly source: Source;
  readonly history: ChangeHistory;
  readonly store: Pick<Store, 'query' | 'notices'>;
  readonly apiUrl: string;
  readonly metrics: NotifyMetrics;
  readonly onError: (error: unknown) => void;
  /** Unix seconds. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Notifier {
  /** Tells what is due once more, and lets another backend go on; within some seconds. */
  stop(): Promise<void>;
}

/** Looks at changes and verdicts again and again, and tells the targets: one backend of those on a store does. */
export function startNotifier(options: NotifierOptions): Notifier {
  const { targets, source, history, store, metrics, onError } = options;
  const { times = NOTIFY_TIMES, now = () => Date.now() / 1000, wait = pause } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const notices = createNoticeStore(store);
  const lease = createLease(
    store,
    times,
    () => performance.now(),
    (ms) => pause(ms, signal),
  );
  const changes = createChangeLook(source, history, notices);
  const couriers = targets.map((target) =>
    createCourier({ target, notices, metrics, mayTell: () => lease.isHeld, now, wait, onError }),
  );
  const order = createLookOrder();
  const looking = { ...options, query: store.query, order };
  let lookedAt: number | undefined;
  let restUntilMs = 0;

  const mayGoOn = (): boolean => lease.isHeld && !signal.aborted;

  async function look(): Promise<void> {
    const at = now();
    const from = Math.max((lookedAt ?? 0) - OVERLAP_SECONDS, at - LONGEST_ACTIVE_SECONDS);
    const isBaseline = !(await notices.hasBaseline());
    const known = await notices.verdicts(at - 3600);
    const rules = { known, isBaseline, linkTo, onWithheld: metrics.withheld };
    for await (const looked of lookAtVerdicts(looking, { from, to: at })) {
      if (!mayGoOn()) return;
      for (const noted of verdictTurns(looked, rules, at)) await notices.noteVerdict(noted, now());
      await changes.compared(
        looked.comparison.changes.filter(({ origin }) => origin === 'telemetry'),
        now(),
      );
      for (const courier of couriers) courier.wake();
    }
    await changes.seen(at);
    if (isBaseline && order.isThrough()) await notices.endBaseline(now());
    lookedAt = at;
    metrics.looked();
  }

  /** With what it was compared with: the page shows the same verdict there. */
  function linkTo(flag: string, environment: string): string {
    const place = environment === '' ? {} : { env: environment };
    const query = new URLSearchParams({ ...options.parametersOf(flag), ...place }).toString();
    return `${options.apiUrl}/flags/${encodeURIComponent(flag)}${query === '' ? '' : `?${query}`}`;
  }

  async function cycle(): Promise<void> {
    if (!mayGoOn()) return;
    // First of all, so that what comes after is told to it.
    for (const { key } of targets) await notices.targetSince(key, now());
    await changes.told(now());
    for (const courier of couriers) courier.wake();
    if (performance.now() < restUntilMs || !mayGoOn()) return;
    const began = performance.now();
    await look();
    const took = performance.now() - began;
    restUntilMs = performance.now() + Math.max(times.lookMs - took, times.rest * took);
    for (const courier of couriers) courier.wake();
  }

  /** Again and again until it stops; a fault is told, and it goes on. */
  async function repeat(task: () => Promise<void>, everyMs: number): Promise<void> {
    while (!signal.aborted) {
      await task().catch(onError);
      await pause(everyMs, signal);
    }
  }

  async function hold(): Promise<void> {
    await lease.hold().finally(() => metrics.setHolding(lease.isHeld));
  }

  const loops = hold()
    .catch(onError)
    .then(() => Promise.all([repeat(hold, times.renewMs / 2), repeat(cycle, times.cycleMs)]));
  return {
    async stop() {
      stopping.abort();
      await within(STOP_MS, loops).catch(onError);
      const until = AbortSignal.timeout(STOP_MS);
      await Promise.all(couriers.map((courier) => courier.finish(until).catch(onError)));
      await lease.release().catch(onError);
    },
  };
}

/** Resolves after the time, or when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
