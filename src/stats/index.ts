/**
 * From counts to a verdict: pure functions, no I/O, no clock.
 *
 * @example
 * const { verdict, explanation } = judge({
 *   version: 1, flag: 'new-checkout', control: 'off', treatment: 'on',
 *   cells: [
 *     { epoch: '1', from: 0, serviceVersion: '', variant: 'on', requests: 1000, errors: 5 },
 *     { epoch: '1', from: 0, serviceVersion: '', variant: 'off', requests: 9000, errors: 0 },
 *   ],
 * });
 * // verdict: 'roll-back'
 * // explanation[0]: 'control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.'
 */
export { isStatisticsError } from './errors.js';
export type {
  EpochUnits,
  Evidence,
  EvidenceCell,
  FailingUnits,
  UnitCell,
  VerdictParameters,
} from './evidence.js';
export { formatCount } from './explanation.js';
export {
  type ExponentialHistogram,
  type Histogram,
  mergeHistograms,
  quantileFromHistogram,
} from './histogram.js';
export type { Judgement } from './judgement.js';
export { snapThreshold, type ThresholdEdge } from './threshold.js';
export { judge } from './verdict.js';
