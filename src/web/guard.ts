import { diag } from '@opentelemetry/api';

/** Internal faults of one page after which nothing more is written on it. */
const MAX_FAULTS = 10;

let faults = 0;
const warned = new Set<string>();

/** Does the work, so that what goes wrong in it never reaches the page; a no-op after {@link MAX_FAULTS} faults. */
export function guarded(where: string, work: () => void): void {
  if (faults >= MAX_FAULTS) return;
  try {
    work();
  } catch (error) {
    takeFault(where, error);
  }
}

/**
 * Warns of something left out, once for each cause; a page has no metric to count it in.
 *
 * @param explain Says what was left out; called once.
 */
export function warnOnce(cause: string, explain: () => string): void {
  if (warned.has(cause)) return;
  warned.add(cause);
  diag.warn(`telltale: ${explain()} Said once.`);
}

function takeFault(where: string, error: unknown): void {
  faults += 1;
  try {
    warnOnce('fault', () => `an internal fault in ${where} was caught: ${String(error)}.`);
    if (faults < MAX_FAULTS) return;
    diag.error(`telltale: ${faults} internal faults, the last in ${where}; no more until a reload.`, error);
  } catch {
    // A diagnostic logger that throws stays out of the page too.
  }
}
