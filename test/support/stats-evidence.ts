import type { Evidence, EvidenceCell, VerdictParameters } from '../../src/stats/index.js';

/** One variant's counts in one stratum. */
export function cell(
  variant: 'on' | 'off',
  requests: number,
  errors: number,
  over: Partial<EvidenceCell> = {},
): EvidenceCell {
  return { epoch: 'e', from: 0, route: '/', serviceVersion: '1', variant, requests, errors, ...over };
}

/** Evidence on the treatment `on` against the control `off`. */
export function evidence(
  cells: readonly EvidenceCell[],
  parameters: Partial<VerdictParameters> = {},
  over: Partial<Evidence> = {},
): Evidence {
  return { version: 1, flag: 'f', control: 'off', treatment: 'on', parameters, cells, ...over };
}

/** No number of a judgement may be NaN: null is how nothing is said. */
export function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(numbersIn);
  return [];
}
