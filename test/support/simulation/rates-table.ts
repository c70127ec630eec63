import { formatCount } from '../../../src/stats/index.js';
import { falseRate, type Rates, type Scenario } from './release.js';

/** A share with as many digits as so many runs give. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** What the rules came to in one scenario, as lines of text. */
export function ratesText({ name, truth }: Scenario, rates: readonly Rates[]): string {
  const lines = rates.map((one) => {
    const cells = [percent(one.rolledBack), percent(one.rolledForward), requestsText(one)];
    return `  ${one.rule.padEnd(38)} ${cells.map((cell) => cell.padStart(10)).join('')}${isWrong(truth, one) ? '  !' : ''}`;
  });
  const heading = `${name} (${rates[0]?.runs} runs)`;
  return [
    heading,
    `  ${'rule'.padEnd(38)} ${'back'.padStart(10)}${'forward'.padStart(10)}${'requests'.padStart(10)}`,
    ...lines,
  ].join('\n');
}

/** Decided against the truth in more than one run of twenty. */
export function isWrong(truth: Scenario['truth'], rates: Rates): boolean {
  return (falseRate(truth, rates) ?? 0) > 0.05;
}

export function requestsText({ medianRequests }: Rates): string {
  return medianRequests === null ? '-' : formatCount(Number(medianRequests.toPrecision(2)));
}

/** The same as Markdown. */
export function ratesTable({ name, truth }: Scenario, rates: readonly Rates[]): string {
  const rows = rates.map((one) => {
    const cells = [one.rule, percent(one.rolledBack), percent(one.rolledForward), requestsText(one)];
    return `| ${cells.map((cell) => (isWrong(truth, one) ? `**${cell}**` : cell)).join(' | ')} |`;
  });
  const heading = `${name[0]?.toUpperCase()}${name.slice(1)}, ${rates[0]?.runs} runs:`;
  return [heading, '', '| | back | forward | requests |', '|---|---|---|---|', ...rows].join('\n');
}
