import { sentence } from '../parts/sentence.js';

const MOST = 32;

/**
 * A variant's name within a text, where neither `bdi` nor a style sheet helps: one short line, shortName, so that it does not turn
 * what stands beside it around. What ECharts would take for markup (`{style|text}`) is broken by a character without width.
 */
export function shortName(name: string): string {
  const signs = [...sentence(name.replaceAll(/\s+/g, ' '))];
  const short = signs.length > MOST ? `${signs.slice(0, MOST - 1).join('')}…` : signs.join('');
  return `\u2068${short.replaceAll('{', '{\u2060')}\u2069`;
}
