import { momentsOfEvents } from '../../../src/stats/fixed/moments.js';
import { welchTest } from '../../../src/stats/index.js';
import { type Look, type Rule, totalOf } from '../simulation/look.js';

const ALPHA = 0.05;
/** "We require at least 355 samples in both treatments before we can confidently test for significance." */
const MINIMUM_SAMPLES = 355;

/**
 * Harness FME's (Split's) alert policies: within a monitoring window a one-sided t-test at the significance threshold
 * divided by the number of checks in the window (Bonferroni), with a degradation threshold of 0.
 *
 * Sources: https://developer.harness.io/docs/feature-management-experimentation/release-monitoring/alerts/alert-policies/monitoring-window
 * (read in a stored copy of August 2025) and https://www.split.io/blog/respond-quickly-to-degradations-in-metrics-with-alert-policies/
 * (17 September 2019) for the one-sided t-test.
 *
 * Simplified: the window is the run and every look a check; Harness's own schedule of checks is not published. Harness
 * gives no verdict of safety: a window that ends without an alert is taken as going on.
 */
export const HARNESS: Rule = {
  name: 'Harness monitoring window',
  begin: (looks) => (look) => {
    if (isDegraded(look, ALPHA / looks)) return 'roll-back';
    return look.last ? 'roll-forward' : 'hold';
  },
};

function isDegraded({ blocks, units }: Look, alpha: number): boolean {
  const treated = totalOf(blocks, 'treatment');
  const control = totalOf(blocks, 'control');
  if (treated.requests === 0 || control.requests === 0) return false;
  const treatment = units?.treatment ?? momentsOfEvents(treated.requests, treated.events);
  const baseline = units?.control ?? momentsOfEvents(control.requests, control.events);
  if (Math.min(treatment.n, baseline.n) < MINIMUM_SAMPLES) return false;
  const test = welchTest(treatment, baseline, ALPHA, 'difference');
  return test.kind === 'ok' && test.estimate > 0 && test.p / 2 <= alpha;
}
