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

// The sample ratio, many flags, and what is shown beside the verdict without deciding anything.

export { type CumulativeShare, cumulativeShares } from './cumulative-shares.js';
export { type CommonOddsRatio, type EventTable, mantelHaenszel } from './fixed/mantel-haenszel.js';
export { type EffectKind, type Moments, momentsFromSums, momentsOfEvents } from './fixed/moments.js';
export { newcombeDifference, type RateDifference } from './fixed/newcombe.js';
export {
  type MeanStratum,
  type StratifiedDifference,
  stratifiedDifference,
} from './fixed/stratified-mean.js';
export { type WelchTest, welchTest } from './fixed/welch.js';
export { type AssignmentTable, logFlagDependence, strataByFlags } from './flag-dependence.js';
export { type LogDurationMoments, logDurationMoments } from './log-durations.js';
export { benjaminiHochberg, eBenjaminiHochberg, holm } from './many-flags.js';
export type { Insufficient, Interval, Outcome } from './outcome.js';
export {
  type ExposureEpoch,
  logSampleRatio,
  type SampleRatio,
  type UnexpectedExposure,
} from './sample-ratio-e-value.js';
export {
  type AsymptoticSequence,
  asymptoticSequence,
  type SequenceOptions,
} from './sequential/asymptotic.js';
export { rateConfidenceSequence, type Tuning } from './sequential/beta-binomial-mixture.js';
export { bandAtEveryLook, bandAtOneLook } from './sequential/distribution-bands.js';
export { type QuantileEvidence, testQuantile } from './sequential/quantile-test.js';
