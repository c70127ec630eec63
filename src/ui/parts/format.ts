/** Numbers and times in words, the same everywhere. */

const COUNT = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export function count(value: number): string {
  return COUNT.format(Math.round(value));
}

/** Such as `12.3K`. */
export function shortCount(value: number): string {
  return SHORT.format(value);
}

/** Such as `0.56 %`. */
export function percent(share: number | null): string {
  return share === null ? '-' : `${digits(share * 100)} %`;
}

export function ratio(value: number | null): string {
  return value === null ? '-' : digits(value);
}

/** Seconds, such as `210 ms`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return '-';
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${digits(seconds * 1e3)} ms`;
  if (seconds < 60) return `${digits(seconds)} s`;
  if (seconds < 3600) return `${digits(seconds / 60)} min`;
  if (seconds < 86_400) return `${digits(seconds / 3600)} h`;
  return `${digits(seconds / 86_400)} d`;
}

function digits(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1000 ? count(value) : String(Number(value.toPrecision(3)));
}

/** How long ago, such as `3 min ago`. */
export function ago(time: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 5) return 'now';
  const [value, unit] =
    seconds < 60
      ? [seconds, 's']
      : seconds < 3600
        ? [seconds / 60, 'min']
        : seconds < 86_400
          ? [seconds / 3600, 'h']
          : [seconds / 86_400, 'd'];
  return `${Math.floor(value)} ${unit} ago`;
}

const MOMENT = new Intl.DateTimeFormat('en-GB', {
  ...{
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
  timeZoneName: 'short',
});

/** In the reader's zone, which it names: `26 Nov 2026, 12:40:05 UTC`. */
export function moment(time: string): string {
  return MOMENT.format(new Date(time));
}

/** The reader's zone, as {@link moment} names it. */
export function zoneName(): string {
  return MOMENT.formatToParts().find(({ type }) => type === 'timeZoneName')?.value ?? '';
}
