import type { VariantUnits } from './source.js';

/** The most units of one bucket that one process had met within one day, when a step ended. */
export interface SurestUnits extends VariantUnits {
  readonly step: number;
  readonly bucket: number;
}

/**
 * At least so many units had each variant when each step ended: other processes and days may have met the same ones, so
 * that of their counts only the largest is sure; buckets share no unit.
 */
export function surestBySteps(seen: readonly SurestUnits[], steps: number): VariantUnits[][] {
  const most = new Map<string, SurestUnits>();
  const byStep = Map.groupBy(seen, ({ step }) => step);
  return Array.from({ length: steps }, (_, step) => {
    for (const one of byStep.get(step) ?? []) {
      const key = JSON.stringify([one.variant, one.bucket]);
      if ((most.get(key)?.units ?? -1) < one.units) most.set(key, one);
    }
    const sums = new Map<string, number>();
    for (const { variant, units } of most.values()) sums.set(variant, (sums.get(variant) ?? 0) + units);
    return [...sums].map(([variant, units]) => ({ variant, units }));
  });
}
