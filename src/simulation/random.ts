/** A number from 0 up to, not including, 1. */
export type Random = () => number;

const GOLDEN = 0x9e3779b9;

/**
 * Numbers that are the same for the same seed and stream, on any machine: sfc32 (Doty-Humphrey, PractRand), 53 bits of
 * two draws each. Runs take a stream each, so that one does not change when another draws more.
 */
export function createRandom(seed: number, stream: number): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = GOLDEN | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  // Seeds that differ in one bit only are far apart after twelve.
  for (let i = 0; i < 12; i++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}
