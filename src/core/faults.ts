import { diag } from '@opentelemetry/api';
import { countDrop } from './drops.js';

/** Internal faults of one part, each within {@link FAULT_WINDOW_MS} of the one before, after which it is turned off. */
const MAX_FAULTS = 10;

/** Faults further apart than this, in milliseconds, do not add up. */
const FAULT_WINDOW_MS = 60_000;

/** By part, their number and the time of the last: what breaks one, a release of one SDK for example, need not break another. */
const faults = new Map<string, readonly [count: number, lastMs: number]>();

/** Whether a part was turned off after repeated internal faults; every entry point asks this first. */
export function isDisabled(part: string): boolean {
  // Mostly there are none, and a size is cheaper than a look.
  return faults.size > 0 && (faults.get(part)?.[0] ?? 0) >= MAX_FAULTS;
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
    const [before, lastMs] = faults.get(part) ?? [0, 0];
    // What is off stays off.
    const count = before < MAX_FAULTS && nowMs - lastMs > FAULT_WINDOW_MS ? 1 : before + 1;
    faults.set(part, [count, nowMs]);
    countDrop('fault', () => `an internal fault in ${part}: ${String(error)}.`);
    if (count === MAX_FAULTS)
      diag.error(`telltale: ${count} internal faults in ${part}: off until a restart.`, error);
  } catch {
    // A diagnostic logger that throws stays out of the application too.
  }
}
