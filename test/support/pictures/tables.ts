import { isWrong, percent } from '../simulation/rates-table.js';
import { falseRate, type Rates } from '../simulation/release.js';
import { CONFIGURED } from '../simulation/slow-rules.js';
import type { Simulated } from './wrong-decisions.js';

/** Columns of the tables, by the rules' names; the first is whatever rule is ours. */
const PEERS = [
  'GrowthBook Safe Rollout',
  'Kayenta judge',
  'Flagger, 1 % errors',
  'Harness monitoring window',
] as const;

const HEADING = [
  '| | Telltale | GrowthBook | Kayenta | Flagger | Harness |',
  '|---|---|---|---|---|---|',
] as const;

/** What docs/statistics.md shows of the simulations: how often each rule was wrong, and how soon it found harm. */
export function drawTables(simulated: readonly Simulated[]): string {
  const harmless = simulated.filter(({ truth, name }) => truth === 'harmless' && !isAssignment(name));
  const harmful = simulated.filter(({ truth, name }) => truth !== 'harmless' && !isAssignment(name));
  return [
    'Harmless: rolled back (**bold**: in more than one of twenty), and rolled forward before the run ended, of so many releases:',
    '',
    ...table(harmless, (one, truth) => [falseText(one, truth), percent(one.rolledForward)].join(', ')),
    '',
    'Harmful: rolled forward, found (rolled back), and the requests at which half of those found were:',
    '',
    ...table(harmful, (one, truth) =>
      [falseText(one, truth), percent(one.rolledBack), requestsText(one)].join(', '),
    ),
    '',
    'What each part is for: how often it would be wrong without (of harm, how soon it would be found):',
    '',
    ...partsTable(simulated),
  ].join('\n');
}

function isAssignment(name: string): boolean {
  return name.includes('stands for alarm');
}

function table(
  simulated: readonly Simulated[],
  cell: (rates: Rates, truth: Simulated['truth']) => string,
): string[] {
  const rows = simulated.map(({ name, truth, rates }) => {
    const shown = [rates[0], ...PEERS.map((peer) => rates.find(({ rule }) => rule === peer))];
    const cells = shown.map((one) => (one === undefined ? '' : cell(one, truth)));
    return `| ${name.replace(/^harm(less)?, /, '')} (${rates[0]?.runs}) | ${cells.join(' | ')} |`;
  });
  return [...HEADING, ...rows];
}

/** Ours beside ours with a part left out, which is any rule that is no peer. */
function partsTable(simulated: readonly Simulated[]): string[] {
  const rows = simulated.flatMap(({ name, truth, rates: [ours, ...others] }) =>
    others
      .filter(({ rule }) => !PEERS.some((peer) => peer === rule) && rule !== CONFIGURED.name)
      // Harm that is found either way says nothing about a part.
      .filter((other) => truth !== 'harmful' || isWrong(truth, other))
      .map((other) => {
        const cells = [ours, other].map((one) => (one === undefined ? '' : partText(one, truth)));
        return `| ${name.replace(/ \(roll-back.*/, '')} | ${other.rule} | ${cells.join(' | ')} |`;
      }),
  );
  return ['| | | as it is | without |', '|---|---|---|---|', ...rows];
}

function partText(rates: Rates, truth: Simulated['truth']): string {
  if (truth === 'late') return requestsText(rates);
  return falseText(rates, truth);
}

/** Before late harm begins it is right to roll forward. */
function falseText(rates: Rates, truth: Simulated['truth']): string {
  const share = falseRate(truth, rates);
  if (share === null) return 'right';
  return isWrong(truth, rates) ? `**${percent(share)}**` : percent(share);
}

function requestsText({ medianRequests }: Rates): string {
  return medianRequests === null ? '-' : `${Number((medianRequests / 1000).toPrecision(2))}k`;
}
