import { StatisticsError, shown } from '../errors.js';

/**
 * The q-quantile of values, linear between the two order statistics beside (n - 1) q: Hyndman & Fan's 1996
 * definition 7, which R, NumPy and Kayenta take. `values` need not be sorted. Null without values.
 */
export function sampleQuantile(values: readonly number[], q: number): number | null {
  if (!(q >= 0 && q <= 1)) {
    throw new StatisticsError(
      'bad-parameter',
      `a quantile must be from 0 to 1 (0.95, not 95), not ${shown(q)}.`,
    );
  }
  for (const value of values) {
    if (!Number.isFinite(value)) throw new StatisticsError('bad-sample', `a value is ${shown(value)}.`);
  }
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * q;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (position - Math.floor(position));
}
