import { createCounter, gauge, type Measure } from '../metrics.js';
import type { Target } from './target.js';

/** What became of a comparison that was due. */
export type LookOutcome = 'done' | 'not_comparable' | 'failed' | 'left_out';

/** Counts what is told and what it takes. */
export interface NotifyMetrics {
  /** A request was answered well (`sent`) or not (`failed`), or the notice was given up (`dropped`). */
  delivery(kind: Target['kind'], outcome: 'sent' | 'failed' | 'dropped'): void;
  comparisons(outcome: LookOutcome, count?: number): void;
  /** A turn that is told later, or not at all where the verdict turns back before. */
  withheld(): void;
  /** All flags that were due have been looked at. */
  looked(): void;
  /** Whether this backend is the one that tells. */
  setHolding(isHolding: boolean): void;
  readonly measure: Measure;
}

/** @param kinds of the targets there are */
export function createNotifyMetrics(kinds: readonly Target['kind'][]): NotifyMetrics {
  const deliveries = createCounter({
    name: 'telltale.notify.deliveries',
    description:
      'Notices that a target took (sent), attempts that it did not (failed), notices given up (dropped).',
    unit: '{delivery}',
  });
  const comparisons = createCounter({
    name: 'telltale.notify.comparisons',
    description:
      'Comparisons for verdicts: done, not_comparable (no control, no data), failed, or left_out by the bound on a look.',
    unit: '{comparison}',
  });
  const withheld = createCounter({
    name: 'telltale.notify.withheld',
    description: 'Looks at a verdict that turned too often within the hour to be told now.',
    unit: '{look}',
  });
  const looks = createCounter({
    name: 'telltale.notify.looks',
    description: 'Looks at all flags that were active, which have ended.',
    unit: '{look}',
  });
  let holding = false;
  // From zero on, so that the first one is a rise.
  for (const target of kinds) {
    for (const outcome of ['sent', 'failed', 'dropped']) deliveries.add({ target, outcome }, 0);
  }
  for (const outcome of ['done', 'not_comparable', 'failed', 'left_out']) comparisons.add({ outcome }, 0);
  withheld.add({}, 0);
  looks.add({}, 0);
  return {
    delivery: (target, outcome) => deliveries.add({ target, outcome }),
    comparisons: (outcome, count = 1) => comparisons.add({ outcome }, count),
    withheld: () => withheld.add({}),
    looked: () => looks.add({}),
    setHolding(isHolding) {
      holding = isHolding;
    },
    measure: () => [
      ...[deliveries, comparisons, withheld, looks].map((counter) => counter.metric()),
      gauge(
        {
          name: 'telltale.notify.active',
          description: '1 where this backend looks and tells; of several on one store one does.',
          unit: '1',
        },
        holding ? 1 : 0,
      ),
    ],
  };
}
