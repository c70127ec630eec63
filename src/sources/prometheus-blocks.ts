import type { Moments } from './prometheus-readings.js';
import { BLOCK_SECONDS, type Cut, type Window } from './source.js';

/** Where the block begins in which an interval lies. */
export function blockStart({ times }: Moments, interval: number): number {
  return Math.floor((times[interval - 1] ?? 0) / BLOCK_SECONDS) * BLOCK_SECONDS;
}

/** As `BLOCK` of `steps-sql.ts`: the calibration makes a block of its own, and what changes begins another. */
export function blockOf(
  moments: Moments,
  interval: number,
  { from }: Window,
  cut: Omit<Cut, 'edgeIndex'>,
): number {
  const [begin = 0, end = 0] = [moments.times[interval - 1], moments.times[interval]];
  const block =
    end <= cut.calibratedUntil ? from : Math.max(blockStart(moments, interval), cut.calibratedUntil);
  return Math.max(block, ...cut.changes.filter((change) => change <= begin));
}
