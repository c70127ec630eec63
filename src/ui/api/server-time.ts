/** A header tells whole seconds, and an answer takes its time: less is no difference. */
const LEAST_MS = 3000;

let aheadMs = 0;
const listeners = new Set<() => void>();

/** The backend's time, milliseconds since 1970: ages of what it tells are by its clock, whatever the browser's says. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}

/** Learns from an answer's `Date`, which took so long. */
export function noteServerTime(date: string | null, tookMs: number): void {
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) return;
  const ahead = time + 500 - (Date.now() - tookMs / 2);
  const known = Math.abs(ahead) < LEAST_MS + tookMs ? 0 : ahead;
  if (Math.abs(known - aheadMs) < LEAST_MS + tookMs) return;
  aheadMs = known;
  for (const listener of listeners) listener();
}

/** Tells, for as long as the page is open, when another difference was learnt. */
export function onServerTime(listener: () => void): void {
  listeners.add(listener);
}
