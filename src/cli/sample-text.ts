import type { SampleRatioTest } from '../server/comparison.js';
import { formatCount } from '../stats/index.js';
import { day, percent } from './text.js';

const BY = { 'unit-ids': 'unit ids', 'unit-counters': 'counters of one process' } as const;

/** Which units were held against their allocation, a line an epoch; none where none were. */
export function describeSample(test: SampleRatioTest | null): string[] {
  if (test === null) return [];
  return [
    '',
    `  units at their first exposure, by ${BY[test.by]}`,
    ...test.tested.map(
      ({ from, to, allocation, exposed }) => `    ${span(from, to)}  ${unitsText(allocation, exposed)}`,
    ),
    ...test.untested.map(({ from, to, why }) => `    ${span(from, to)}  not tested: ${why}`),
  ];
}

function span(from: string, to: string): string {
  return `${day(from)} to ${day(to)}`;
}

function unitsText(
  allocation: Readonly<Record<string, number>>,
  exposed: Readonly<Record<string, number>>,
): string {
  const all = Object.values(exposed).reduce((sum, units) => sum + units, 0);
  return [...new Set([...Object.keys(allocation), ...Object.keys(exposed)])]
    .sort()
    .map((variant) => {
      const units = exposed[variant] ?? 0;
      return `${variant} ${formatCount(units)} (${percent(units / Math.max(1, all))} of ${percent(allocation[variant] ?? 0)})`;
    })
    .join(', ');
}
