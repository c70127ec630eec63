import type { Window } from '../../sources/source.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Each divides a day, so that steps begin at round times. */
const LENGTHS = [
  ...[10, 20, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE],
  ...[HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR, DAY],
];

/**
 * Where steps end: at round times, so that those that are over stay the same from look to look, and at the window's end.
 *
 * @param steps at most
 * @param shortest seconds
 */
export function roundMoments({ from, to }: Window, steps: number, shortest: number): number[] {
  const within = (length: number): number => Math.ceil(to / length) - Math.floor(from / length);
  const length =
    LENGTHS.find((one) => one >= shortest && within(one) <= steps) ??
    // The first and the last may be shorter, and make one more.
    DAY * Math.ceil((to - from) / DAY / (steps - 1));
  const moments: number[] = [];
  for (let end = (Math.floor(from / length) + 1) * length; end < to; end += length) moments.push(end);
  return [...moments, to];
}
