import { diag } from '@opentelemetry/api';
import { countDrop } from './drops.js';

/** Internal faults in a row after which Telltale turns itself off. */
const MAX_FAULTS = 10;

/** Faults further apart than this, in milliseconds, do not add up. */
const FAULT_WINDOW_MS = 60_000;

let faults = 0;
let lastFaultMs = Number.NEGATIVE_INFINITY;
let disabled = false;

/** Whether Telltale turned itself off after repeated internal faults; every entry point asks this first. */
export function isDisabled(): boolean {
  return disabled;
}

/**
 * Takes an internal fault, so that it never reaches the application. After {@link MAX_FAULTS} of them with no
 * minute of quiet in between, Telltale becomes a no-op until the process is restarted.
 *
 * @param where The part that failed, for the diagnostic.
 */
export function takeFault(where: string, error: unknown): void {
  try {
    const nowMs = performance.now();
    faults = nowMs - lastFaultMs > FAULT_WINDOW_MS ? 1 : faults + 1;
    lastFaultMs = nowMs;
    countDrop('fault', () => `an internal fault in ${where} was caught: ${String(error)}.`);
    if (faults < MAX_FAULTS || disabled) return;
    disabled = true;
    diag.error(
      `telltale: ${faults} internal faults, the last in ${where}; nothing more is measured in this process.`,
      error,
    );
  } catch {
    // A diagnostic logger that throws stays out of the application too.
  }
}
