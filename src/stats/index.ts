/**
 * From counts to a verdict: pure functions, no I/O, no clock.
 *
 * @example
 * ```ts
 * import { type Evidence, isStatisticsError, type Judgement, judge } from 'telltale/stats';
 *
 * const evidence: Evidence = {
 *   version: 1,
 *   flag: 'new-checkout',
 *   control: 'off',
 *   treatment: 'on',
 *   cells: [
 *     { epoch: '1', from: 0, serviceVersion: '', variant: 'on', requests: 1000, errors: 5 },
 *     { epoch: '1', from: 0, serviceVersion: '', variant: 'off', requests: 9000, errors: 0 },
 *   ],
 * };
 * try {
 *   const { verdict, explanation }: Judgement = judge(evidence);
 *   // roll-back control failed 0 of 9,000, treatment 5 of 1,000: 2,054 to 1 against chance.
 *   console.log(verdict, explanation[0]);
 * } catch (error) {
 *   // Counts that cannot be: the code, and the cell's index in the message.
 *   if (isStatisticsError(error)) console.error(error.code, error.message);
 *   else throw error;
 * }
 * ```
 */
export { isStatisticsError, type StatisticsError, type StatisticsErrorCode } from './errors.js';
export {
  DEFAULT_PARAMETERS,
  type EpochUnits,
  type Evidence,
  type EvidenceCell,
  type FailingUnits,
  type UnitCell,
  type VerdictParameters,
} from './evidence.js';
export { formatCount } from './explanation.js';
export type { GuardrailResult, Method } from './guardrail.js';
export {
  type ExplicitHistogram,
  type ExponentialHistogram,
  type Histogram,
  mergeHistograms,
  quantileFromHistogram,
} from './histogram.js';
export type { HoldReason, Judgement, SlowResult, Verdict } from './judgement.js';
export { snapThreshold, type ThresholdEdge } from './threshold.js';
export { judge } from './verdict.js';
