import { createHash } from 'node:crypto';
import type { Change, Shares } from '../sources/change.js';
import { BackendError } from '../store/backend-error.js';

/** A change may be told a little before it is made, by a clock that is ahead. */
const CLOCK_AHEAD_SECONDS = 300;
const MAX_VARIANTS = 100;

/** Characters that a text may have, by its field. */
const MAX_LENGTH = {
  id: 200,
  flag: 128,
  service: 256,
  environment: 256,
  version: 256,
  author: 256,
  description: 2000,
} as const;

type Text = keyof typeof MAX_LENGTH;
type Body = Readonly<Record<string, unknown>>;

const FIELDS = ['kind', 'time', 'shares', 'sharesBefore', ...Object.keys(MAX_LENGTH)];

/**
 * A change as a caller of the API tells it.
 *
 * @param now Unix seconds: when it was made, where no time is told
 * @throws BackendError `bad-request`, naming the field, what was expected and what came
 */
export function readChange(body: Body, now: number): Change {
  for (const name of Object.keys(body)) {
    if (!FIELDS.includes(name)) {
      throw new BackendError(
        'bad-request',
        `There is no field ${JSON.stringify(name.slice(0, 60))}: ${FIELDS.join(', ')}.`,
      );
    }
  }
  const change: Omit<Change, 'id'> = {
    kind: kindOf(body['kind']),
    origin: 'api',
    time: timeOf(body['time'], now),
    flag: text(body, 'flag'),
    service: text(body, 'service'),
    environment: text(body, 'environment'),
    version: text(body, 'version'),
    shares: sharesOf(body, 'shares'),
    sharesBefore: sharesOf(body, 'sharesBefore'),
    variations: [],
    description: text(body, 'description'),
    author: text(body, 'author'),
  };
  checkKind(change, body);
  return { id: text(body, 'id') || contentId(change), ...change };
}

function kindOf(value: unknown): Change['kind'] {
  if (value === 'flag' || value === 'deployment') return value;
  throw expected('kind', '"flag" or "deployment"', value);
}

/** What a change is of: a flag, or a version of a service. */
function checkKind(
  { kind, flag, service, version, shares, sharesBefore }: Omit<Change, 'id'>,
  body: Body,
): void {
  if (kind === 'flag') {
    if (flag === '') throw expected('flag', "the flag's key, as kind is flag", body['flag']);
    if (service !== '') throw expected('service', 'left out: a flag changes for every service', service);
    return;
  }
  if (service === '') throw expected('service', 'a service.name, as kind is deployment', body['service']);
  if (version === '') throw expected('version', 'the service.version that was deployed', body['version']);
  if (flag !== '') throw expected('flag', 'left out: a deployment is of a service', flag);
  if (shares !== null) throw expected('shares', 'left out: they are of a flag', body['shares']);
  if (sharesBefore !== null)
    throw expected('sharesBefore', 'left out: they are of a flag', body['sharesBefore']);
}

/** The same change told twice, as after a lost answer, is one. */
function contentId(change: Omit<Change, 'id'>): string {
  return createHash('sha256').update(JSON.stringify(change)).digest('hex').slice(0, 32);
}

function text(body: Body, name: Text): string {
  const value = body[name];
  if (value === undefined) return '';
  const most = MAX_LENGTH[name];
  // It is printed in terminals, where a control character is an order.
  if (typeof value !== 'string' || value === '' || value.length > most || hasControls(value)) {
    throw expected(name, `a text of 1 to ${most} characters without control characters`, value);
  }
  return value;
}

function hasControls(value: string): boolean {
  return /\p{Cc}/u.test(value);
}

function timeOf(value: unknown, now: number): number {
  // To the microsecond, as it is stored: a change told twice must read the same.
  if (value === undefined) return Math.floor(now * 1e6) / 1e6;
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
  const time =
    typeof value === 'string' && form.test(value) && isDay(value) ? Date.parse(value) / 1000 : Number.NaN;
  if (!(time > 0 && time <= now + CLOCK_AHEAD_SECONDS)) {
    throw expected(
      'time',
      'an ISO time with its offset, after 1970 and not in the future, such as 2026-11-22T20:00:00Z',
      value,
    );
  }
  return time;
}

/** `Date.parse` takes 31 February for 3 March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const parsed = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(day);
}

function sharesOf(body: Body, name: 'shares' | 'sharesBefore'): Shares | null {
  const value = body[name];
  if (value === undefined) return null;
  const what = `an object of 1 to ${MAX_VARIANTS} variants with their weights, such as {"on": 10, "off": 90}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected(name, what, value);
  const entries = Object.entries(value as Body).map(([variant, weight]) => {
    if (typeof weight !== 'number' || !(weight >= 0) || !Number.isFinite(weight)) {
      throw expected(`${name}[${JSON.stringify(variant.slice(0, 60))}]`, 'a number from 0 on', weight);
    }
    if (variant === '' || variant.length > MAX_LENGTH.flag || hasControls(variant))
      throw expected(name, what, variant);
    return [variant, weight] as const;
  });
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  if (entries.length > MAX_VARIANTS || !(total > 0) || !Number.isFinite(total))
    throw expected(name, what, value);
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([variant, weight]) => [variant, weight / total]));
}

function expected(name: string, what: string, value: unknown): BackendError {
  const came = value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
  return new BackendError('bad-request', `${name} must be ${what}; it is ${came}.`);
}
