/** The part of the address that says when: `since` and `until`, as the API takes them. */
export interface TimeSpan {
  /** A duration such as `1h`, or an ISO time; undefined: where the release began. */
  readonly since?: string | undefined;
  /** The same; undefined: now, as it moves. */
  readonly until?: string | undefined;
}

/** What is offered, with its words. */
export const SPANS = [
  ['15m', '15 min'],
  ['1h', '1 h'],
  ['6h', '6 h'],
  ['24h', '24 h'],
  ['7d', '7 d'],
] as const;

const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** Such as `in the last 15 min`, in the reader's zone. */
export function spanWords({ since, until }: TimeSpan): string {
  if (until === undefined) {
    if (since === undefined) return 'in the last 7 days';
    return isTime(since) ? `since ${momentOf(since)}` : `in the last ${lengthOf(since)}`;
  }
  return since === undefined ? `until ${momentOf(until)}` : `from ${momentOf(since)} to ${momentOf(until)}`;
}

/** A duration counts back from now, at either end. */
function momentOf(time: string): string {
  return isTime(time) ? MOMENT.format(new Date(time)) : `${lengthOf(time)} ago`;
}

function lengthOf(duration: string): string {
  return SPANS.find(([value]) => value === duration)?.[1] ?? duration;
}

/** Whether it is an ISO time, and no duration. */
export function isTime(text: string): boolean {
  return /^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text));
}

/** What a `datetime-local` input shows for a time, to the second, in the reader's zone; empty: no time. */
export function toInput(time: string | undefined): string {
  if (time === undefined || !isTime(time)) return '';
  const date = new Date(time);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** What such inputs give, or what is wrong with it, in a sentence. */
export function fromInputs(from: string, to: string, now: number): TimeSpan | string {
  const start = Date.parse(from);
  if (Number.isNaN(start)) return 'From: a date and a time are needed.';
  if (start >= now) return 'From is in the future: nothing was measured since.';
  const since = new Date(start).toISOString();
  if (to === '') return { since, until: undefined };
  const end = Date.parse(to);
  if (Number.isNaN(end)) return 'To: a date and a time are needed, or nothing at all for now.';
  if (end <= start) return 'To must be later than from.';
  return { since, until: end >= now ? undefined : new Date(end).toISOString() };
}
