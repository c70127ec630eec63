import { COMPARISON_PARAMETERS, duration, readComparisonParameters } from '../server/parameters.js';
import type { Scenario, Step } from '../simulation/simulate.js';
import { DEFAULT_PARAMETERS } from '../stats/index.js';
import { BackendError } from '../store/backend-error.js';
import { expected, readWhole } from './arguments.js';

/** `compare` looks back no further. */
const LONGEST_MINUTES = 7 * 24 * 60;
const MOST_UNITS = 1_000_000;
const MOST_RUNS = 100_000;
/** Counts stay exact over a week. */
const MOST_REQUESTS_PER_MINUTE = 1e9;

/** Every option of its own, with what stands behind it in the help. */
export const SIMULATION_OPTIONS: Readonly<Record<string, { readonly value: string; readonly help: string }>> =
  {
    share: { value: '1%', help: "the treatment's share of requests, or of units (1%)" },
    for: { value: '7d', help: 'give up after this long (7d, as far as compare looks back)' },
    ramp: {
      value: '1%:30m,10%:2h',
      help: 'instead of these two: share after share, each with how long it lasts',
    },
    'base-rate': { value: '0.2%', help: "the control's failures per request (0.2%)" },
    ratio: { value: '5', help: "the treatment's error rate over the control's (1: no effect)" },
    'requests-per-minute': { value: '1000', help: 'of both variants (1000)' },
    units: {
      value: 'N',
      help: 'so many users who keep their variant make the requests (each request is assigned by itself)',
    },
    runs: { value: 'N', help: 'releases to simulate (500; with --units 100)' },
    seed: { value: 'N', help: 'another seed is another sample; the same gives the same numbers (1)' },
  };

/** Those of `compare` that decide on errors. */
export const VERDICT_OPTIONS: readonly string[] = Object.keys(COMPARISON_PARAMETERS).filter(
  (name) => COMPARISON_PARAMETERS[name]?.verdict === true && !name.endsWith('-slow'),
);

export interface SimulationRequest {
  readonly scenario: Scenario;
  readonly runs: number;
  readonly seed: number;
}

/** @throws BackendError `usage` or `bad-request`, naming the option, what was expected and what came */
export function readSimulation(values: Readonly<Record<string, string | undefined>>): SimulationRequest {
  const units = readWhole(values, 'units', 2, MOST_UNITS) ?? null;
  const base = values['base-rate'] ?? '0.2%';
  const baseRate = shareOf(base, '--base-rate', (share) => share >= 0 && share < 1);
  const ratio = positive(values['ratio'] ?? '1', '--ratio');
  if (baseRate * ratio > 1) {
    const message = `--base-rate times --ratio must be at most 100%: ${ratio} times ${base} of all requests cannot fail.`;
    throw new BackendError('usage', message);
  }
  if (baseRate === 0 && ratio !== 1) {
    const message = `--ratio ${ratio} of nothing is nothing: give a --base-rate above 0%, such as 0.01%.`;
    throw new BackendError('usage', message);
  }
  const given = Object.entries(values).flatMap(([name, text]): [string, string][] =>
    VERDICT_OPTIONS.includes(name) ? [[name, text ?? '']] : [],
  );
  return {
    scenario: {
      steps: readSteps(values),
      baseRate,
      ratio,
      requestsPerMinute: readWhole(values, 'requests-per-minute', 1, MOST_REQUESTS_PER_MINUTE) ?? 1000,
      units,
      parameters: { ...DEFAULT_PARAMETERS, ...readComparisonParameters(given, 0).verdict },
    },
    runs: readWhole(values, 'runs', 1, MOST_RUNS) ?? (units === null ? 500 : 100),
    seed: readWhole(values, 'seed', 0, 2 ** 32 - 1) ?? 1,
  };
}

function readSteps(values: Readonly<Record<string, string | undefined>>): readonly Step[] {
  const { ramp, share, for: long } = values;
  if (ramp !== undefined && (share !== undefined || long !== undefined)) {
    const message = `--ramp says each share and how long it lasts: leave --${share === undefined ? 'for' : 'share'} out.`;
    throw new BackendError('usage', message);
  }
  const steps =
    ramp === undefined
      ? [readStep(`${share ?? '1%'}:${long ?? '7d'}`, '--share', '--for')]
      : ramp.split(',').map((step) => readStep(step.trim(), '--ramp', '--ramp'));
  const minutes = steps.reduce((sum, step) => sum + step.minutes, 0);
  if (minutes > LONGEST_MINUTES) {
    const message = `${ramp === undefined ? '--for' : '--ramp'} must last at most 7d in all, which is as far as compare looks back; it is ${JSON.stringify(ramp ?? long)}.`;
    throw new BackendError('usage', message);
  }
  return steps;
}

function readStep(text: string, shareOption: string, timeOption: string): Step {
  const [, share, time] = /^([^:]*):([^:]*)$/.exec(text) ?? [];
  if (share === undefined || time === undefined) {
    throw expected(shareOption, 'shares with how long each lasts, such as 1%:30m,10%:2h', text);
  }
  return {
    share: shareOf(share, shareOption, (value) => value > 0 && value < 1),
    minutes: duration(time, timeOption) / 60,
  };
}

const NUMBER = /^\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** `1%` or `0.01`. */
function shareOf(text: string, option: string, holds: (share: number) => boolean): number {
  const percent = text.endsWith('%');
  const digits = percent ? text.slice(0, -1).trimEnd() : text;
  const value = NUMBER.test(digits) ? Number(digits) / (percent ? 100 : 1) : Number.NaN;
  if (holds(value)) return value;
  const from = option === '--base-rate' ? 'from 0%' : 'above 0%';
  throw expected(option, `a share ${from} and below 100%, such as 1% or 0.01`, text);
}

function positive(text: string, option: string): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && Number.isFinite(value)) return value;
  throw expected(option, 'a number above 0, such as 5 for five times the errors, or 1 for no effect', text);
}
