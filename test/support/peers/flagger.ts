import type { Rule } from '../simulation/look.js';

/** Of the documented example: `request-success-rate` with `thresholdRange: { min: 99 }`. */
const MOST_ERRORS = 0.01;
/** Of the documented example: `threshold: 5`, "max number of failed metric checks before rollback". */
const MOST_FAILED_CHECKS = 5;

/**
 * Flagger's metric checks: in every interval the canary's own success rate against a fixed number, and a roll-back
 * after so many failed checks. They are counted over the whole analysis: a check that passes takes none away.
 *
 * Sources: https://docs.flagger.app/usage/metrics and https://docs.flagger.app/usage/how-it-works; that failed checks only
 * add up, and that a metric without values fails, by `advanceCanary` and `runBuiltinMetricChecks` of
 * github.com/fluxcd/flagger, pkg/controller, v1 (Apache-2.0).
 *
 * Simplified: the interval is a block, the weights are the data's own, and the analysis ends with the run.
 */
export const FLAGGER: Rule = {
  name: 'Flagger, 1 % errors',
  begin: () => {
    let failed = 0;
    let checked = 0;
    return ({ blocks, last }) => {
      for (const { treatment } of blocks.slice(checked)) {
        const { requests, events } = treatment;
        if (requests === 0 || events > MOST_ERRORS * requests) failed++;
      }
      checked = blocks.length;
      if (failed >= MOST_FAILED_CHECKS) return 'roll-back';
      return last ? 'roll-forward' : 'hold';
    };
  },
};
