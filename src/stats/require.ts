import { StatisticsError, type StatisticsErrorCode, shown } from './errors.js';

/** Throws unless `value` is a finite number above `above`: what is checked here cannot become NaN later. */
export function requireFinite(name: string, value: number, above: number): void {
  if (Number.isFinite(value) && value > above) return;
  throw new StatisticsError('bad-parameter', `${name} must be a number above ${above}, not ${shown(value)}.`);
}

/** Throws unless `value` is at least `least`; infinity passes, NaN does not. */
export function requireNotBelow(name: string, value: number, least: number): void {
  if (value >= least) return;
  throw new StatisticsError('bad-parameter', `${name} must be at least ${least}, not ${shown(value)}.`);
}

/** Throws unless `value` is strictly between 0 and 1. */
export function requireProbability(name: string, value: number): void {
  if (value > 0 && value < 1) return;
  const message = `${name} must be a number between 0 and 1 (0.05 is 1 in 20), not ${shown(value)}.`;
  throw new StatisticsError('bad-parameter', message);
}

/** Throws unless `value` is a count that a double holds exactly. */
export function requireCount(name: string, value: number, code: StatisticsErrorCode = 'bad-count'): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const message = `${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not ${shown(value)}.`;
  throw new StatisticsError(code, message);
}
