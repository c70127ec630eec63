import type { RatioInterval } from '../../server/page/documents.js';
import { moment, ratio } from '../parts/format.js';
import { Name } from '../parts/name.js';
import type { CourseLine } from './course-lines.js';
import type { Numbers } from './numbers-table.js';
import type { Steps } from './steps.js';

/** A row for each step. */
export function lineNumbers(lines: readonly CourseLine[], { ends }: Steps): Numbers {
  return {
    head: ['Step until', ...lines.map(({ variant }) => <Name key={variant}>{variant}</Name>)],
    rows: ends.map((end, i) => [moment(new Date(end).toISOString()), ...lines.map((line) => line.text(i))]),
  };
}

export function ratioNumbers(
  ratios: readonly RatioInterval[],
  verdict: readonly string[],
  { ends }: Steps,
): Numbers {
  return {
    head: ['Until', 'Ratio', 'Low', 'High', 'Verdict'],
    rows: ends.map((end, i) => {
      const { ratio: estimate = null, low = null, high = null } = ratios[i] ?? {};
      return [
        ...[moment(new Date(end).toISOString()), ratio(estimate), ratio(low)],
        ...[high === null ? 'not bounded' : ratio(high), verdict[i]?.replace('-', ' ') ?? '-'],
      ];
    }),
  };
}
