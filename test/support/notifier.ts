import { setImmediate } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { type Notifier, startNotifier } from '../../src/server/notify/notifier.js';
import { createNotifyMetrics } from '../../src/server/notify/notify-metrics.js';
import type { Target } from '../../src/server/notify/target.js';
import { prometheusText } from '../../src/server/prometheus-text.js';
import { createClickHouseSource } from '../../src/sources/clickhouse.js';
import type { Store } from '../../src/store/store.js';
import { historyOf } from './changes.js';
import { exponentialPoint, resource } from './points.js';

/** A comparison takes a second where others use the machine. */
export const WAIT = { timeout: 30_000, interval: 20 } as const;

/** A notifier that looks without rest, so that a test waits for what it does and not for a minute. */
export interface WatchedNotifier extends Notifier {
  /** Milliseconds that it would have waited before each further attempt. */
  readonly waits: number[];
  readonly errors: unknown[];
  /** A sample of /metrics, such as `telltale_notify_deliveries_total{target="webhook",outcome="sent"}`. */
  sample(name: string): Promise<number | undefined>;
  /** Resolves when everything that is stored by now has been looked at. */
  looked(): Promise<void>;
}

export function watch(store: Store, targets: readonly Target[], now?: () => number): WatchedNotifier {
  const metrics = createNotifyMetrics(targets.map(({ kind }) => kind));
  const errors: unknown[] = [];
  const waits: number[] = [];
  const notifier = startNotifier({
    ...{ targets, store, metrics, apiUrl: 'https://telltale.example' },
    source: createClickHouseSource(store.query),
    history: historyOf(store),
    parametersOf: () => ({ slow: '1s' }),
    onError: (error) => errors.push(error),
    times: { cycleMs: 10, lookMs: 10, rest: 0, holdMs: 5000, renewMs: 500, settleMs: 50 },
    ...(now === undefined ? {} : { now }),
    async wait(ms) {
      waits.push(ms);
      await setImmediate();
    },
  });
  const sample = async (name: string): Promise<number | undefined> => {
    const line = prometheusText(await metrics.measure())
      .split('\n')
      .find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  const looks = async (): Promise<number> => (await sample('telltale_notify_looks_total')) ?? 0;
  return {
    ...notifier,
    waits,
    errors,
    sample,
    async looked() {
      // The one that is under way may have begun before.
      const before = await looks();
      await vi.waitFor(async () => expect(await looks()).toBeGreaterThanOrEqual(before + 2), WAIT);
    },
  };
}

let reports = 0;

/** A report of the shop, now: requests of each variant, and how many of them failed. */
export async function shopTraffic(
  store: Store,
  flag: string,
  counts: Readonly<Record<string, readonly [requests: number, errors: number]>>,
  environment?: string,
): Promise<void> {
  reports += 1;
  // Moments of their own, as a point that is sent twice counts once.
  const time = Math.floor(Date.now() / 1000) - 100 + reports / 100;
  const where =
    environment === undefined ? {} : { resource: resource({ 'deployment.environment.name': environment }) };
  const point = (variant: string, n: number, errorType?: string) =>
    exponentialPoint(
      { flag, variant, ...where, ...(errorType === undefined ? {} : { errorType }) },
      { start: time - 60, time, scale: 2, buckets: new Map([[-21, n]]) },
      1,
    );
  await store.sink.metrics(
    Object.entries(counts).flatMap(([variant, [requests, errors]]) => [
      point(variant, requests - errors),
      point(variant, errors, '500'),
    ]),
  );
}
