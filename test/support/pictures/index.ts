import { eProcess } from './e-process.js';
import { interval } from './interval.js';
import { drawTables } from './tables.js';
import { type Simulated, wrongDecisions } from './wrong-decisions.js';

/** The pictures of docs/statistics.md by file name. */
export function drawPictures(simulated: readonly Simulated[]): Readonly<Record<string, string>> {
  return {
    'e-process.svg': eProcess(),
    'interval.svg': interval(),
    'wrong-decisions.svg': wrongDecisions(simulated),
  };
}

const BEGIN = '<!-- tables -->\n';
const END = '<!-- end of tables -->';

/** The page with its tables drawn anew, between the two comments that say so. */
export function withTables(page: string, simulated: readonly Simulated[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`expected ${BEGIN.trim()} and then ${END} in the page`);
  return `${page.slice(0, begin)}${BEGIN}\n${drawTables(simulated)}\n\n${page.slice(end)}`;
}
