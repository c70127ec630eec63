import type { Count } from './source.js';

const SPECIAL_VARIANTS = new Set(['', '__mixed__', '__overflow__']);

/** Whether a variant is one of the flag's own, and not our word for none, several or too many. */
export function isVariant(name: string): boolean {
  return !SPECIAL_VARIANTS.has(name);
}

/** Whether operations are compared: assigned by the release, seen to their end, with one known variant. */
export function isCompared(count: Pick<Count, 'assignment' | 'outcome' | 'overflow' | 'variant'>): boolean {
  return (
    count.assignment === 'assigned' && count.outcome === '' && !count.overflow && isVariant(count.variant)
  );
}
