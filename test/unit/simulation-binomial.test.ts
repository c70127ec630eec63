import { describe, expect, it } from 'vitest';
import { binomial } from '../../src/simulation/binomial.js';
import { createRandom } from '../../src/simulation/random.js';

/** Probabilities of 0 to n successes, multiplied out. */
function exact(n: number, p: number): number[] {
  const probabilities = [Math.exp(n * Math.log1p(-p))];
  for (let k = 0; k < n; k++)
    probabilities.push(((probabilities[k] ?? 0) * (n - k) * p) / ((k + 1) * (1 - p)));
  return probabilities;
}

describe('binomial numbers', () => {
  it.each([
    ['counted up', 20, 0.3],
    ['counted up, rare', 10_000, 0.0002],
    ['counted up, of the rest', 30, 0.9],
    ['just rejected', 100, 0.1],
    ['rejected', 400, 0.45],
    ['rejected, of the rest', 100, 0.75],
  ])('have the distribution they should: %s', (_, n, p) => {
    const draws = 200_000;
    const next = createRandom(7, n);
    const seen = new Map<number, number>();
    for (let i = 0; i < draws; i++) {
      const k = binomial(n, p, next);
      seen.set(k, (seen.get(k) ?? 0) + 1);
    }
    let chiSquare = 0;
    let cells = 0;
    for (const [k, probability] of exact(n, p).entries()) {
      const expected = draws * probability;
      if (expected < 10) continue;
      chiSquare += ((seen.get(k) ?? 0) - expected) ** 2 / expected;
      cells += 1;
    }
    // Four standard deviations of a chi-square above its mean; the seed is fixed.
    expect(chiSquare).toBeLessThan(cells + 4 * Math.sqrt(2 * cells));
    expect(cells).toBeGreaterThan(5);
  });

  it.each([
    [1e9, 0.01],
    [1e12, 0.3],
    [1e6, 1e-9],
  ])('have their mean and variance for %d trials of %d', (n, p) => {
    const draws = 20_000;
    const next = createRandom(11, 0);
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < draws; i++) {
      const z = (binomial(n, p, next) - n * p) / Math.sqrt(n * p * (1 - p));
      sum += z;
      squares += z * z;
    }
    expect(Math.abs(sum / draws)).toBeLessThan(4 / Math.sqrt(draws));
    // The fourth moment of a rare event is large.
    const kurtosis = 3 + 1 / (n * p);
    expect(Math.abs(squares / draws - 1)).toBeLessThan(4 * Math.sqrt((kurtosis - 1) / draws));
  });

  it('are certain where nothing is left to chance', () => {
    const next = createRandom(1, 1);
    expect([binomial(0, 0.5, next), binomial(9, 0, next), binomial(9, 1, next)]).toEqual([0, 0, 9]);
  });
});

describe('random numbers', () => {
  const first = (seed: number, stream: number): number[] => {
    const next = createRandom(seed, stream);
    return Array.from({ length: 1000 }, next);
  };

  it('are the same for the same seed and stream, and only then', () => {
    expect(first(1, 2)).toEqual(first(1, 2));
    const all = new Set([...first(1, 2), ...first(1, 3), ...first(2, 2), ...first(2, 1), ...first(0, 0)]);
    expect(all.size).toBe(5000);
  });

  it('lie in [0, 1), evenly, in neighbouring streams too', () => {
    for (const draw of [0, 1, 500]) {
      const across = Array.from({ length: 1000 }, (_, stream) => first(1, stream)[draw] ?? Number.NaN);
      expect(across.every((x) => x >= 0 && x < 1)).toBe(true);
      expect(Math.abs(across.reduce((sum, x) => sum + x, 0) / 1000 - 0.5)).toBeLessThan(0.04);
    }
  });
});
