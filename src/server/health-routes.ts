import type { Measure } from './metrics.js';
import { PROMETHEUS_CONTENT_TYPE, prometheusText } from './prometheus-text.js';
import { json, type Route } from './routes.js';
import { within } from './within.js';

/** One query at a time runs in the embedded engine, so that a probe may have to wait for a comparison. */
const READY_TIMEOUT_MS = 5000;

export interface HealthOptions {
  /** Asks the store something that it answers when it answers at all. */
  readonly probe: () => Promise<unknown>;
  /** Told why the store does not answer. */
  readonly onError: (error: unknown) => void;
  readonly measures: readonly Measure[];
  /** @default 5 s */
  readonly readyTimeoutMs?: number;
}

/** Whether the process lives, whether the store answers, and what is measured. */
export function healthRoutes(options: HealthOptions): Route[] {
  const ready = createReadiness(options);
  return [
    { method: 'GET', path: '/healthz', open: true, handle: async () => json({ status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      open: true,
      async handle() {
        const why = await ready();
        return why === undefined ? json({ status: 'ready' }) : json({ status: 'not ready', why }, 503);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      async handle() {
        const metrics = await Promise.all(options.measures.map((measure) => measure()));
        return { status: 200, contentType: PROMETHEUS_CONTENT_TYPE, body: prometheusText(metrics.flat()) };
      },
    },
  ];
}

/** Why the store does not answer; undefined where it does. */
function createReadiness({ probe, onError, readyTimeoutMs = READY_TIMEOUT_MS }: HealthOptions) {
  let asked: Promise<unknown> | undefined;
  return async (): Promise<string | undefined> => {
    // Probes come again and again: those that come while one waits share its question.
    asked ??= probe().finally(() => {
      asked = undefined;
    });
    const answer = asked.then(
      () => undefined,
      (error: unknown) => {
        onError(error);
        return "The store answers with an error; the backend's own output says which.";
      },
    );
    return within(readyTimeoutMs, answer).catch((late: Error) => `The store gave ${late.message}.`);
  };
}
