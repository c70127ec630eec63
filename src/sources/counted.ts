import type { EvidenceUse, TimelineEntry } from './source.js';

/** What sources that are asked for sums tell of operations, whatever they are asked in. */

/** Services whose operations are counted from `telltale.operation.duration`, all of them. */
export function countedServices(
  counts: readonly { readonly service: string; readonly requests: number }[],
): EvidenceUse[] {
  const services = new Set(counts.filter(({ requests }) => requests > 0).map(({ service }) => service));
  return [...services].sort().map((service) => ({ service, kind: 'operation-duration', samplingRate: 1 }));
}

/** Requests by block and variant, with when the first of them was reported. */
export function timelineOf(entries: readonly TimelineEntry[]): TimelineEntry[] {
  const sums = new Map<string, { -readonly [Name in keyof TimelineEntry]: TimelineEntry[Name] }>();
  for (const { block, variant, firstSeen, requests } of entries) {
    if (requests === 0) continue;
    const key = JSON.stringify([block, variant]);
    const sum = sums.get(key) ?? { block, variant, firstSeen, requests: 0 };
    sums.set(key, sum);
    sum.firstSeen = Math.min(sum.firstSeen, firstSeen);
    sum.requests += requests;
  }
  return [...sums.values()].sort((a, b) => a.block - b.block || (a.variant < b.variant ? -1 : 1));
}
