import { isMainThread } from 'node:worker_threads';
import { diag } from '@opentelemetry/api';

const SIGNAL = 'SIGTERM';

/** Longest that the last export may keep a process alive that was asked to end. */
const MAX_WAIT_MS = 5_000;

/**
 * Exports what is waiting when the process is asked to end and nothing else would take the signal; then the process
 * ends by the signal, as it would have. A listener that stays, as OpenTelemetry's own `register` has it, leaves a
 * server running for ever; one beside the application's makes libraries that look for other listeners take the
 * process for being in good hands. So there is one only while there is no other.
 *
 * @param flush Exports what is waiting.
 */
export function flushOnSigterm(flush: () => Promise<void>): void {
  // Signals reach the main thread only.
  if (!isMainThread) return;
  function end(): void {
    process.off('newListener', giveWay);
    process.off('removeListener', comeBack);
    // Who asks a second time does not want to wait.
    process.off(SIGNAL, end);
    const timeout = new Promise<void>((resolve) => {
      setTimeout(resolve, MAX_WAIT_MS);
    });
    Promise.race([flush(), timeout])
      .catch((error: unknown) => diag.error('telltale: the last export failed.', error))
      .finally(() => process.kill(process.pid, SIGNAL));
  }
  // Node stops watching a signal with its last listener, and tells of a new one before it is there: hence later.
  function giveWay(event: string | symbol, listener: unknown): void {
    if (event !== SIGNAL || listener === end) return;
    process.nextTick(() => {
      if (process.listenerCount(SIGNAL) > 1) process.off(SIGNAL, end);
    });
  }
  function comeBack(event: string | symbol, listener: unknown): void {
    if (event !== SIGNAL || listener === end) return;
    process.nextTick(() => {
      if (process.listenerCount(SIGNAL) === 0) process.on(SIGNAL, end);
    });
  }
  process.on(SIGNAL, end);
  process.on('newListener', giveWay);
  process.on('removeListener', comeBack);
}
