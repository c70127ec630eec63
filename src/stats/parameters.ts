import { StatisticsError, shown } from './errors.js';
import { DEFAULT_PARAMETERS, type VerdictParameters } from './evidence.js';

interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const PROBABILITY: Rule = {
  expected: 'a number between 0 and 1 (0.05 is 1 in 20)',
  holds: (value) => isNumber(value) && value > 0 && value < 1,
};
const RATIO: Rule = {
  expected: 'a ratio above 0 (1.5 is half as many again)',
  holds: (value) => isNumber(value) && value > 0,
};
const EXTRA: Rule = {
  expected: 'a share of requests from 0 to 1 (0.002 is 2 per 1,000)',
  holds: (value) => isNumber(value) && value >= 0 && value <= 1,
};
const MINIMUM: Rule = {
  expected: 'a number from 0 on',
  holds: (value) => isNumber(value) && value >= 0,
};
const THRESHOLD: Rule = {
  expected: 'seconds above 0, or null for no slow guardrail',
  holds: (value) => value === null || (isNumber(value) && value > 0),
};

const RULES: Readonly<Record<keyof VerdictParameters, Rule>> = {
  alphaHarm: PROBABILITY,
  alphaSafe: PROBABILITY,
  harmErrors: RATIO,
  harmSlow: RATIO,
  marginErrors: RATIO,
  marginSlow: RATIO,
  extraErrors: EXTRA,
  extraSlow: EXTRA,
  slowThreshold: THRESHOLD,
  minRequests: MINIMUM,
  minSeconds: MINIMUM,
};

/** The parameters with their defaults. A name that is none of them throws: a misspelt margin must not pass. */
export function checkParameters(given: Partial<VerdictParameters> | undefined): VerdictParameters {
  if (given === undefined || given === null) return DEFAULT_PARAMETERS;
  if (typeof given !== 'object') {
    throw new StatisticsError('bad-parameter', `parameters must be an object, not ${shown(given)}.`);
  }
  const chosen: Record<string, unknown> = { ...DEFAULT_PARAMETERS };
  for (const [name, value] of Object.entries(given)) {
    if (!isParameter(name)) {
      const known = Object.keys(RULES).join(', ');
      throw new StatisticsError('bad-parameter', `${shown(name)} is no parameter; there are ${known}.`);
    }
    if (value === undefined) continue;
    if (!RULES[name].holds(value)) {
      const message = `${name} must be ${RULES[name].expected}, not ${shown(value)}.`;
      throw new StatisticsError('bad-parameter', message);
    }
    chosen[name] = value;
  }
  return { ...DEFAULT_PARAMETERS, ...chosen };
}

function isParameter(name: string): name is keyof VerdictParameters {
  return Object.hasOwn(RULES, name);
}
