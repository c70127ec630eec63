import type { TimelineEntry } from '../sources/source.js';

/**
 * Expected treatment requests in a stretch without any, at the share seen after it, above which the stretch
 * counts as share 0. By chance alone such a stretch comes once in e^20: a comparison must not begin anew
 * because a small share had a quiet block.
 */
const EXPECTED_IN_GAP = 20;

/**
 * Where the comparison begins, as the start of a block: where the variants beside the control last rose from
 * share 0, so that a release that was rolled back and mended is judged from its new start; without such a
 * rise, the first block with any of them. Undefined where none has requests.
 */
export function releaseStart(timeline: readonly TimelineEntry[], control: string): number | undefined {
  const blocks = new Map<number, { control: number; treatment: number }>();
  for (const { block, variant, requests } of timeline) {
    const counts = blocks.get(block) ?? { control: 0, treatment: 0 };
    blocks.set(block, counts);
    counts[variant === control ? 'control' : 'treatment'] += requests;
  }
  const ordered = [...blocks].sort(([a], [b]) => b - a);

  let start: number | undefined;
  const after = { control: 0, treatment: 0 };
  let gap = 0;
  for (const [block, counts] of ordered) {
    if (counts.treatment === 0) {
      gap += counts.control;
      continue;
    }
    const odds = after.control > 0 ? after.treatment / after.control : 0;
    if (start !== undefined && gap * odds >= EXPECTED_IN_GAP) return start;
    start = block;
    after.control += counts.control + gap;
    after.treatment += counts.treatment;
    gap = 0;
  }
  return start;
}
