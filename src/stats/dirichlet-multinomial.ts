import { logBeta } from './numerics/log-gamma.js';

/**
 * ln of the probability of a sequence of units with these counts by variant, where the shares are drawn from a
 * Dirichlet distribution with parameters `prior`: B(prior + counts) / B(prior). The beta functions of many
 * arguments are taken as products of those of two, B(a, b, c) = B(a, b) B(a + b, c), which keeps twelve digits more
 * at 10^12 units than logarithms of gamma functions do.
 */
export function logDirichletMultinomial(counts: readonly number[], prior: readonly number[]): number {
  let sum = 0;
  let units = 0;
  let weight = 0;
  for (const [i, count] of counts.entries()) {
    const own = prior[i] ?? 0;
    if (i > 0) sum += logBeta(weight + units, own + count) - logBeta(weight, own);
    units += count;
    weight += own;
  }
  return sum;
}
