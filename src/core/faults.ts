import { diag } from '@opentelemetry/api';
import { countDrop } from './drops.js';

/** Internal faults of one part in a row after which it is turned off. */
const MAX_FAULTS = 10;

/** Faults further apart than this, in milliseconds, do not add up. */
const FAULT_WINDOW_MS = 60_000;

interface Faults {
  count: number;
  lastMs: number;
}

/** By part: what breaks one, a release of one SDK for example, need not break another. */
const faults = new Map<string, Faults>();
const disabled = new Set<string>();

/** Whether a part was turned off after repeated internal faults; every entry point asks this first. */
export function isDisabled(part: string): boolean {
  return disabled.size > 0 && disabled.has(part);
}

/**
 * Takes an internal fault, so that it never reaches the application. After {@link MAX_FAULTS} of them with no
 * minute of quiet in between, the part becomes a no-op until the process is restarted; the others go on.
 *
 * @param part What failed, as {@link isDisabled} is asked and the diagnostic names it.
 */
export function takeFault(part: string, error: unknown): void {
  try {
    const nowMs = performance.now();
    const own = faults.get(part) ?? { count: 0, lastMs: Number.NEGATIVE_INFINITY };
    faults.set(part, own);
    own.count = nowMs - own.lastMs > FAULT_WINDOW_MS ? 1 : own.count + 1;
    own.lastMs = nowMs;
    countDrop('fault', () => `an internal fault in ${part} was caught: ${String(error)}.`);
    if (own.count < MAX_FAULTS || disabled.has(part)) return;
    disabled.add(part);
    diag.error(
      `telltale: ${own.count} internal faults in ${part}; it measures nothing more until the process is restarted.`,
      error,
    );
  } catch {
    // A diagnostic logger that throws stays out of the application too.
  }
}
