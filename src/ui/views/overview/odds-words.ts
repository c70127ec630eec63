import { count } from '../../parts/format.js';

/** An e-value as odds, from its natural logarithm. */
export function oddsWords(logE: number): string {
  return logE > Math.log(1e6) ? 'more than 1,000,000 to 1' : `${count(Math.exp(logE))} to 1`;
}
