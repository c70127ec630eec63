import type { Change } from '../sources/change.js';
import { BLOCK_SECONDS, type TimelineEntry } from '../sources/source.js';
import { changedStart } from './change-shares.js';

/**
 * Expected treatment requests in a stretch without any, above which the stretch counts as share 0. By chance
 * alone such a stretch comes once in e^20: a comparison must not begin anew because a small share had a quiet
 * block.
 */
const EXPECTED_IN_GAP = 20;

interface Block {
  readonly block: number;
  readonly control: number;
  readonly treatment: number;
}

/**
 * Where the comparison begins, in Unix seconds: where a change says so, but for a later rise that no change tells; else
 * where traffic does. Undefined where there is none.
 */
export function comparisonStart(
  timeline: readonly TimelineEntry[],
  changes: readonly Change[],
  control: string,
  environment: string | undefined,
): number | undefined {
  const changed = changedStart(changes, control, environment);
  if (changed === undefined) return releaseStart(timeline, control) ?? timeline[0]?.block;
  const since = timeline.filter(({ block }) => block + BLOCK_SECONDS > changed);
  return Math.max(changed, lastRise(since, control) ?? changed);
}

/**
 * Where traffic says that the release began, as the start of a block: where the variants beside the control last rose from
 * share 0, so that a release that was rolled back and mended is judged from its new start; without such a
 * rise, the first block with any of them. Undefined where none has requests.
 */
export function releaseStart(timeline: readonly TimelineEntry[], control: string): number | undefined {
  const first = inOrder(timeline, control).find(({ treatment }) => treatment > 0);
  return lastRise(timeline, control) ?? first?.block;
}

/** The start of the block in which the variants beside the control last rose from share 0 that they were back to. */
function lastRise(timeline: readonly TimelineEntry[], control: string): number | undefined {
  const blocks = inOrder(timeline, control);
  const treated = blocks.flatMap(({ treatment }, index) => (treatment > 0 ? [index] : []));
  for (let i = treated.length - 1; i > 0; i -= 1) {
    const next = treated[i] ?? 0;
    const last = treated[i - 1] ?? 0;
    const gap = blocks.slice(last + 1, next).reduce((sum, block) => sum + block.control, 0);
    if (gap === 0) continue;
    // On both sides: in a ramp from 1 % to 50 %, a block that was quiet by chance at 1 % is no rise from 0.
    const odds = Math.min(oddsAlong(blocks.slice(next)), oddsAlong(blocks.slice(0, last + 1).reverse()));
    if (gap * odds >= EXPECTED_IN_GAP) return blocks[next]?.block;
  }
  return undefined;
}

/** Treatment to control over the nearest blocks that hold enough treatment requests to tell; ends in a treated one. */
function oddsAlong(blocks: readonly Block[]): number {
  let treatment = 0;
  let control = 0;
  let quiet = 0;
  for (const block of blocks) {
    quiet += block.control;
    if (block.treatment === 0) continue;
    treatment += block.treatment;
    control += quiet;
    quiet = 0;
    if (treatment >= EXPECTED_IN_GAP) break;
  }
  return control === 0 ? Number.POSITIVE_INFINITY : treatment / control;
}

function inOrder(timeline: readonly TimelineEntry[], control: string): Block[] {
  const blocks = new Map<number, { control: number; treatment: number }>();
  for (const { block, variant, requests } of timeline) {
    const counts = blocks.get(block) ?? { control: 0, treatment: 0 };
    blocks.set(block, counts);
    counts[variant === control ? 'control' : 'treatment'] += requests;
  }
  return [...blocks].map(([block, counts]) => ({ block, ...counts })).sort((a, b) => a.block - b.block);
}
