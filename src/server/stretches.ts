import type { Change, Shares } from '../sources/change.js';
import { BLOCK_SECONDS, type Window } from '../sources/source.js';
import { inEnvironment } from './change-shares.js';
import { TRANSITION_SECONDS } from './epochs.js';
import type { ComparisonParameters } from './parameters.js';

/** Time under one allocation. */
export interface Stretch extends Window {
  /** How many of the bounds come before it. */
  readonly index: number;
  /** Undefined: nobody told. */
  readonly shares: Shares | undefined;
  /** By a change, which may name variants otherwise than telemetry does. */
  readonly isTold: boolean;
}

/** A comparison's time, cut where the allocation may have changed. */
export interface Stretches {
  /** Ascending, Unix seconds; between a stretch and the next is time in which shares are mixed. */
  readonly bounds: readonly number[];
  readonly stretches: readonly Stretch[];
}

/**
 * Which shares units that are first exposed at a moment must follow. Processes learn of a change within
 * `TRANSITION_SECONDS`; one that is only seen may be that much older, too. Where a comparison begins with the block in
 * which traffic says that the release did, that block holds what came before as well. What is left out goes by the time
 * alone, so it tells nothing of variants.
 *
 * Evaluations that move without a change are no other allocation where the shares are told: they may be the very
 * mismatch. Where they are only asked for, as the comparison begins, they hold until something moves.
 */
export function stretchesOf(
  window: Window,
  changes: readonly Change[],
  { allocation, env, since }: ComparisonParameters,
): Stretches {
  const own = ownChanges(changes, env);
  const before = own.findLast(({ time }) => time <= window.from);
  const isToldStart = since !== undefined || before?.time === window.from;
  let shares = allocation === undefined ? (before?.shares ?? undefined) : Object.fromEntries(allocation);
  let isTold = allocation === undefined && shares !== undefined;
  const bounds: number[] = [window.from];
  const stretches: Stretch[] = [];
  let from = window.from + (isToldStart ? TRANSITION_SECONDS : BLOCK_SECONDS);
  for (const change of own) {
    if (change.time <= window.from - TRANSITION_SECONDS || change.time >= window.to) continue;
    if (isTold && isShareMove(change)) continue;
    const isSeen = change.origin === 'telemetry';
    const to = change.time - (isSeen ? TRANSITION_SECONDS : 0);
    if (to > from) {
      bounds.push(from, to);
      stretches.push({ from, to, index: bounds.length - 1, shares, isTold });
    }
    from = Math.max(from, change.time + TRANSITION_SECONDS);
    if (change.time <= window.from) continue;
    shares = change.shares ?? undefined;
    isTold = shares !== undefined;
  }
  if (window.to > from) {
    bounds.push(from);
    stretches.push({ from, to: window.to, index: bounds.length, shares, isTold });
  }
  return { bounds, stretches };
}

/** Of all environments where it is not sure which is compared; then what they tell is of no use, but that they changed. */
function ownChanges(changes: readonly Change[], env: string | undefined): readonly Change[] {
  const own = inEnvironment(changes, env);
  if (own.length > 0 || env !== undefined) return own;
  return changes
    .filter(({ kind }) => kind === 'flag')
    .map((change) => ({ ...change, shares: null }))
    .sort((a, b) => a.time - b.time);
}

function isShareMove({ origin, version }: Change): boolean {
  return origin === 'telemetry' && version === '';
}
