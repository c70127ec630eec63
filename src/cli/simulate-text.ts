import type { Scenario } from '../simulation/simulate.js';
import type { Quartiles, Summary } from '../simulation/summary.js';
import { formatCount } from '../stats/index.js';
import { percent, table } from './text.js';

/** What was found in a sentence, how the runs ended, and what it holds for. */
export function describeSimulation(scenario: Scenario, seed: number, summary: Summary): string {
  const { runs, verdicts } = summary;
  const rows = Object.entries(verdicts).map(([verdict, { runs: own, share, requests }]) => [
    verdict,
    formatCount(own),
    percent(share),
    ...(requests === null ? ['-', '-', '-'] : quartiles(requests)),
  ]);
  return [
    headline(scenario, summary),
    '',
    table([['', 'runs', 'share', 'a quarter by', 'half by', 'three quarters by'], ...rows], '  '),
    '',
    `  ${assumptions(scenario)}`,
    `  ${formatCount(runs)} simulated release${runs === 1 ? '' : 's'}, seed ${seed}, errors only; a look every minute, later at every 3 % more.`,
  ].join('\n');
}

function headline(scenario: Scenario, { requests }: Summary): string {
  const { requestsPerMinute, steps } = scenario;
  const what = `${where(scenario)} ${effect(scenario)}`;
  const { lowerQuartile, median, upperQuartile } = requests;
  if (median === null) {
    const minutes = steps.reduce((sum, step) => sum + step.minutes, 0);
    return `${what} takes more than the ${about(minutes * requestsPerMinute)} requests of ${time(minutes)}: most runs end without a verdict.`;
  }
  const upper = upperQuartile === null ? 'no verdict' : about(upperQuartile);
  return `${what} takes about ${about(median)} requests (${time(median / requestsPerMinute, 2)} at ${formatCount(requestsPerMinute)} a minute); half of the runs take ${about(lowerQuartile ?? median)} to ${upper}.`;
}

function where({ steps, units }: Scenario): string {
  const of = units === null ? 'traffic' : `${formatCount(units)} users`;
  const [first] = steps;
  if (steps.length === 1 && first !== undefined) return `At ${share(first.share)} of ${of}`;
  const ramp = steps.map((step) => `${share(step.share)} for ${time(step.minutes)}`).join(', ');
  return `On a ramp of ${of} (${ramp})`;
}

function effect({ ratio, baseRate }: Scenario): string {
  if (ratio === 1) return `no effect on errors (${share(baseRate)} fail)`;
  return `${multiple(ratio)} error rate (${share(baseRate * ratio)} instead of ${share(baseRate)})`;
}

const WORDS = ['two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

function multiple(ratio: number): string {
  const word = WORDS[ratio - 2];
  return word === undefined
    ? `${/^(8|11|18)/.test(String(ratio)) ? 'an' : 'a'} ${digits(ratio)}-fold`
    : `${word === 'eight' ? 'an' : 'a'} ${word}-fold`;
}

function assumptions({ units }: Scenario): string {
  return units === null
    ? 'Each request is assigned by itself; where users keep their variant it takes more: --units N.'
    : 'Users keep their variant and each has an error rate of its own; some are far busier than others.';
}

function quartiles({ lowerQuartile, median, upperQuartile }: Quartiles): string[] {
  return [lowerQuartile, median, upperQuartile].map((value) => (value === null ? '-' : about(value)));
}

/** Two digits: more would be chance. */
function about(requests: number): string {
  return digits(requests, 2);
}

function digits(value: number, precision = 3): string {
  return formatCount(Number(value.toPrecision(precision)));
}

function share(value: number): string {
  return `${digits(value * 100)} %`;
}

function time(minutes: number, precision = 3): string {
  if (minutes < 1) return `${digits(minutes * 60, precision)} s`;
  if (minutes < 120) return `${digits(minutes, precision)} min`;
  if (minutes < 2880) return `${digits(minutes / 60, precision)} h`;
  return `${digits(minutes / 1440, precision)} d`;
}
