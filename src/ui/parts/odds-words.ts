/** Odds beyond which digits say nothing more. */
const LARGEST_ODDS = 1e6;
const SMALLEST_ODDS = 1e-3;

/** An e-value as odds, from its natural logarithm. */
export function oddsWords(ln: number | null): string {
  if (ln === null) return '-';
  if (ln > Math.log(LARGEST_ODDS)) return 'more than 1,000,000 to 1';
  if (ln < Math.log(SMALLEST_ODDS)) return 'less than 0.001 to 1';
  const value = Math.exp(ln);
  // Down: what falls short of proof must not read like it.
  const shown = value >= 10 ? Math.floor(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
  return `${shown} to 1`;
}
