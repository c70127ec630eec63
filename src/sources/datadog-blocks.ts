import { BLOCK_SECONDS, type Cut, type Window } from './source.js';

/** When a block's operations were reported, as far as sums by block tell. */
export function blockEnd(block: number, { to }: Window): number {
  return Math.min(to, block + BLOCK_SECONDS);
}

/** As `BLOCK` of `steps-sql.ts`; the calibration ends with a block here, and cuts within a block do not split it. */
export function blockOf(block: number, window: Window, cut: Cut): number {
  const own =
    blockEnd(block, window) <= cut.calibratedUntil ? window.from : Math.max(block, cut.calibratedUntil);
  return Math.max(own, ...cut.changes.filter((change) => change <= block));
}
