import { momentsOfEvents } from '../../../src/stats/fixed/moments.js';
import { asymptoticSequence } from '../../../src/stats/index.js';
import { type Look, type Rule, totalOf, type Verdict } from '../simulation/look.js';

/** Events of one variant below which a metric has "not enough data": the default of a metric's minimum sample size. */
const MINIMUM_EVENTS = 150;
/** Relative change below which a difference is not acted on: the default, 0.5 %. */
const MINIMUM_CHANGE = 0.005;
const ALPHA = 0.05;
/** The engine's default sequential tuning parameter. */
const TUNING = 5000;

/**
 * GrowthBook's Safe Rollouts: a guardrail fails where the one-sided sequential bound on the absolute difference of means
 * passes 0 ("the threshold is always set to zero"); at the end of the duration "Ready to ship", and "if test results
 * are still inconclusive ... we recommend shipping".
 *
 * Sources: https://docs.growthbook.io/features/safe-rollouts (docs/docs/features/safe-rollouts.mdx at 03547f5); the bound
 * of packages/stats/gbstats/frequentist/tests.py at 8f1db44 (MIT), which `asymptoticSequence` equals on its own test
 * suite; enough data and least change by `hasEnoughData` and `shouldHighlight` of packages/shared/src/experiments.ts.
 *
 * Simplified: one guardrail; no early shipping on strong improvement; no sample-ratio check, which the data would pass;
 * and the data's own split and ramp. GrowthBook itself covers 10, 25, 50, 75, 100 % of the users and splits those half and
 * half, so what a plain percentage ramp does to pooled counts does not happen to its own.
 */
export const GROWTHBOOK: Rule = {
  name: 'GrowthBook Safe Rollout',
  begin: () => decide,
};

function decide(look: Look): Verdict {
  if (isFailing(look)) return 'roll-back';
  return look.last ? 'roll-forward' : 'hold';
}

function isFailing({ blocks, units }: Look): boolean {
  const treated = totalOf(blocks, 'treatment');
  const control = totalOf(blocks, 'control');
  // A metric without any event in one variant is never highlighted, however many the other has.
  if (treated.events === 0 || control.events === 0) return false;
  if (Math.max(treated.events, control.events) < MINIMUM_EVENTS) return false;
  const effect = asymptoticSequence(
    units?.treatment ?? momentsOfEvents(treated.requests, treated.events),
    units?.control ?? momentsOfEvents(control.requests, control.events),
    { alpha: ALPHA, tuning: TUNING, kind: 'difference' },
  );
  if (effect.kind === 'insufficient') return false;
  const base = units?.control.mean ?? control.events / control.requests;
  return effect.lowerBound > 0 && effect.estimate / base >= MINIMUM_CHANGE;
}
