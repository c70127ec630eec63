const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const CLOCK_SECONDS = new Intl.DateTimeFormat('en-GB', {
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
});
const DAY_CLOCK = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
});

const HOUR_MS = 3_600_000;

/** A time, in the reader's zone, as short as a window of that length allows: `12:40`, or `26 Nov, 12:40`. */
export function shortTime(time: number, windowMs: number): string {
  if (windowMs > 20 * HOUR_MS) return DAY_CLOCK.format(time);
  return windowMs < HOUR_MS / 4 ? CLOCK_SECONDS.format(time) : CLOCK.format(time);
}

/** Of a line below an axis: midnight is the day that begins. */
export function tickText(time: number, windowMs: number): string {
  const date = new Date(time);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (isMidnight) return DAY.format(time);
  return windowMs < HOUR_MS / 4 ? CLOCK_SECONDS.format(time) : CLOCK.format(time);
}
