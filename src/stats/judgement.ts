import type { CheckedEvidence } from './checked.js';
import type { GuardrailResult, Method } from './guardrail.js';
import type { Pairing } from './pairing.js';
import type { SampleRatio } from './sample-ratio.js';
import type { Totals } from './tables.js';

export type Verdict = 'roll-forward' | 'roll-back' | 'hold';

/** Why a verdict is `hold`, in the order in which they are listed. */
export type HoldReason =
  | 'insufficient'
  | 'sample-ratio'
  | 'unpaired'
  | 'incomplete'
  | 'overflow'
  | 'too-early'
  | 'inconclusive';

/** The slow guardrail also says what was slow: seconds. */
export interface SlowResult extends GuardrailResult {
  readonly threshold: number;
}

/** Whether to go on, hold or go back, and why. */
export interface Judgement {
  readonly verdict: Verdict;
  /** Empty unless the verdict is `hold`. */
  readonly reasons: readonly HoldReason[];
  /** What was taken as independent; of errors, which may use more than slow requests do. */
  readonly method: Method;
  /** null without a stratum in which both variants have requests. */
  readonly errors: GuardrailResult | null;
  /** null without `slowThreshold`, and without a stratum in which both variants have durations. */
  readonly slow: SlowResult | null;
  /** ln e-value against the units exposed following their allocation; null: not tested. */
  readonly sampleRatio: number | null;
  /** Requests of both variants until every guardrail is proven safe, if there is no effect. */
  readonly requestsNeeded: number | null;
  /** The verdict in sentences. */
  readonly explanation: readonly string[];
}

/** A guardrail's result with the counts it was computed from. */
export interface Finding<R extends GuardrailResult = GuardrailResult> {
  readonly result: R;
  readonly totals: Totals;
  /** Where it is judged by units and requests, each taken by itself, would prove harm: their counts. Nothing is safe then. */
  readonly harmByRequests?: Totals | null;
}

/** What the sentences are made of. */
export interface Findings extends Pairing {
  readonly evidence: CheckedEvidence;
  readonly errors: Finding | null;
  readonly slow: Finding<SlowResult> | null;
  readonly sampleRatio: SampleRatio | null;
}

/** More of the treatment's requests than this without the control beside them: the rest may not stand for them. */
export const UNPAIRED_LIMIT = 0.05;
