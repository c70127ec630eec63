import { snapThreshold, type ThresholdEdge, type VerdictParameters } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { allocation, expected, number, share } from './parameter-texts.js';

/**
 * What a comparison is asked with. One table of names: the API's query parameters, the command line's options
 * and the keys of `telltale.config.json` are these, and are read here alone.
 */
export interface ComparisonParameters {
  readonly control?: string;
  /** Absent: every variant but the control. */
  readonly treatment?: string;
  readonly service?: string;
  readonly env?: string;
  readonly route?: string;
  /** Absent: where the release began. */
  readonly since?: {
    /** Unix seconds. */
    readonly at: number;
    /** Given as a duration, so that it begins anew at every look. */
    readonly slides: boolean;
  };
  /** Unix seconds: what is known at this moment is all that counts. Absent: now. */
  readonly until?: number;
  readonly slow?: { readonly asked: number; readonly edge: ThresholdEdge };
  /** Expected share of each variant, adding up to 1. */
  readonly allocation?: ReadonlyMap<string, number>;
  readonly verdict: Partial<VerdictParameters>;
}

type Read = (
  text: string,
  name: string,
  now: number,
) => Partial<ComparisonParameters> | Partial<VerdictParameters>;

interface Parameter {
  /** What stands behind the option in the help. */
  readonly value: string;
  readonly help: string;
  readonly read: Read;
  /** Goes into `verdict`. */
  readonly verdict?: true;
  /** Shows more, and must not open or shut a gate. */
  readonly shownOnly?: true;
}

/** Every parameter of a comparison, in the order of the help. */
export const COMPARISON_PARAMETERS: Readonly<Record<string, Parameter>> = {
  control: {
    value: 'VARIANT',
    help: 'the variant to compare with (the one called off, control, false or baseline)',
    read: (text) => ({ control: text }),
  },
  treatment: {
    value: 'VARIANT',
    help: 'only this variant against the control (each of the others)',
    read: (text) => ({ treatment: text }),
  },
  since: {
    value: '1h|TIME',
    help: 'begin here: an ISO time, or a duration, which begins anew at every look (where the release began)',
    read: (text, name, now) => ({ since: instant(text, name, now) }),
  },
  until: {
    value: '1h|TIME',
    help: 'what the answer was at this moment: an ISO time, or how long ago (now)',
    // A gate is about what comes next.
    shownOnly: true,
    read: (text, name, now) => ({ until: instant(text, name, now).at }),
  },
  route: {
    value: 'ROUTE',
    help: 'only operations of this http.route, to look closer: a route never decides',
    // It is an outcome of the variant.
    shownOnly: true,
    read: (text) => ({ route: text }),
  },
  service: {
    value: 'NAME',
    help: 'only this service.name',
    read: (text) => ({ service: text }),
  },
  env: {
    value: 'NAME',
    help: 'only this deployment.environment.name',
    read: (text) => ({ env: text }),
  },
  slow: {
    value: '300ms',
    help: "what is slow; snapped down to 2^(k/4) s (the control's p95 before, else of its first 200 requests)",
    read: (text, name) => {
      const asked = duration(text, name);
      return { slow: { asked, edge: snapThreshold(asked) } };
    },
  },
  alpha: {
    value: '0.05',
    help: 'chance of a wrong roll-back, and of a wrong roll-forward (0.05)',
    verdict: true,
    read: (text, name) => {
      const alpha = number(text, name, 'above 0 and below 1', (value) => value > 0 && value < 1);
      return { alphaHarm: alpha, alphaSafe: alpha };
    },
  },
  'margin-errors': {
    value: '1.5',
    help: 'an error ratio of this is no longer safe (1.5)',
    verdict: true,
    read: (text, name) => ({ marginErrors: number(text, name, 'above 1', (value) => value > 1) }),
  },
  'margin-slow': {
    value: '1.25',
    help: 'a slow-request ratio of this is no longer safe (1.25)',
    verdict: true,
    read: (text, name) => ({ marginSlow: number(text, name, 'above 1', (value) => value > 1) }),
  },
  'extra-errors': {
    value: '0.002',
    help: 'extra failures per treated request that are no longer safe (0.002)',
    verdict: true,
    read: (text, name) => ({ extraErrors: number(text, name, 'above 0 and up to 1', share) }),
  },
  'extra-slow': {
    value: '0.02',
    help: 'extra slow requests per treated request that are no longer safe (0.02)',
    verdict: true,
    read: (text, name) => ({ extraSlow: number(text, name, 'above 0 and up to 1', share) }),
  },
  'min-requests': {
    value: 'N',
    help: 'requests before a roll-forward (0)',
    verdict: true,
    read: (text, name) => ({
      minRequests: number(
        text,
        name,
        'a whole number from 0 on',
        (value) => Number.isSafeInteger(value) && value >= 0,
      ),
    }),
  },
  'min-time': {
    value: '10m',
    help: 'time before a roll-forward (0)',
    verdict: true,
    read: (text, name) => ({ minSeconds: duration(text, name) }),
  },
  allocation: {
    value: 'on=10,off=90',
    help: 'the shares that the flag gives, shown beside those seen',
    read: (text, name) => ({ allocation: allocation(text, name) }),
  },
};

/** Those that a gate is asked with. */
export const GATE_PARAMETERS: readonly string[] = Object.keys(COMPARISON_PARAMETERS).filter(
  (name) => COMPARISON_PARAMETERS[name]?.shownOnly !== true,
);

/**
 * Reads a comparison's parameters from their texts.
 *
 * @throws BackendError `bad-request`, naming the parameter, what was expected and what came
 */
export function readComparisonParameters(
  texts: Iterable<readonly [name: string, text: string]>,
  now: number,
): ComparisonParameters {
  let parameters: ComparisonParameters = { verdict: {} };
  const seen = new Set<string>();
  for (const [name, text] of texts) {
    const parameter = Object.hasOwn(COMPARISON_PARAMETERS, name) ? COMPARISON_PARAMETERS[name] : undefined;
    if (parameter === undefined) {
      const known = Object.keys(COMPARISON_PARAMETERS).join(', ');
      throw new BackendError('bad-request', `There is no parameter "${name}". The parameters are: ${known}.`);
    }
    if (seen.has(name)) throw new BackendError('bad-request', `${name} is given twice; give it once.`);
    if (text === '')
      throw new BackendError('bad-request', `${name} is empty; give ${parameter.value}, or leave it out.`);
    seen.add(name);
    const read = parameter.read(text, name, now);
    parameters =
      parameter.verdict === true
        ? { ...parameters, verdict: { ...parameters.verdict, ...read } }
        : { ...parameters, ...read };
  }
  const { since, until } = parameters;
  if (since !== undefined && until !== undefined && since.at >= until) {
    const times = [since.at, until].map((at) => new Date(at * 1000).toISOString());
    throw new BackendError(
      'bad-request',
      `since must be before until; they are ${times.join(' and ')}. Durations of both count back from now.`,
    );
  }
  return parameters;
}

const LONGEST_SECONDS = 3650 * 86_400;

const SECONDS: Readonly<Record<string, number>> = { ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 };

function parseDuration(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : SECONDS[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** Seconds from "300ms", "1.5s", "10m", "1h" or "7d". */
export function duration(text: string, name: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || !(seconds > 0 && seconds <= LONGEST_SECONDS)) {
    throw expected(name, 'a duration above 0 and up to 3650d, such as 300ms, 1.5s, 10m, 1h or 7d', text);
  }
  return seconds;
}

/** A moment that has passed, from an ISO time with its offset or from how long ago it was. */
export function instant(text: string, name: string, now: number): { at: number; slides: boolean } {
  if (parseDuration(text) !== undefined) return { at: now - duration(text, name), slides: true };
  // A time without its offset would be read in the backend's zone, not in the asker's.
  const time = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) / 1000 : Number.NaN;
  if (!(time >= 0)) {
    throw expected(
      name,
      'a duration such as 1h or an ISO time with its offset such as 2026-11-22T20:00:00Z',
      text,
    );
  }
  if (time >= now) throw expected(name, 'a time that has passed', text);
  return { at: time, slides: false };
}
